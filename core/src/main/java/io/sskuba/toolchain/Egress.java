package io.sskuba.toolchain;

import io.sskuba.io.Environment;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How an organisation's machines reach the web: what a cluster file says in `proxy` and
/// `trust.bundle`. The user's own variables go before its proxies.
///
/// @param no hosts that are reached without a proxy
/// @param trustPem authorities that are trusted beside the public ones
public record Egress(
    @Nullable String http, @Nullable String https, List<String> no, @Nullable String trustPem) {
  /// Nothing but the user's environment.
  public static final Egress NONE = new Egress(null, null, List.of(), null);

  public Egress {
    no = List.copyOf(no);
  }

  /// The environment in which downloads and Go run. Where the user has set a proxy or an exception,
  /// all three are the user's: a mixture would be nobody's intention.
  Environment over(Environment user) {
    for (String name : List.of("http_proxy", "https_proxy", "no_proxy")) {
      if (user.get(name) != null || user.get(name.toUpperCase(Locale.ROOT)) != null) {
        return user;
      }
    }
    Map<String, String> variables = new HashMap<>(user.variables());
    if (http != null) {
      variables.put("HTTP_PROXY", http);
    }
    if (https != null) {
      variables.put("HTTPS_PROXY", https);
    }
    if (!no.isEmpty()) {
      variables.put("NO_PROXY", String.join(",", no));
    }
    return new Environment(variables, user.workingFolder());
  }
}
