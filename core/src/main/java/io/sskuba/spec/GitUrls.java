package io.sskuba.spec;

import java.util.regex.Pattern;

/// The three kinds of `gitops.url`.
public final class GitUrls {
  private static final Pattern SCP =
      Pattern.compile("[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9.-]{1,253}:[^\\s]+");

  private GitUrls() {}

  public static boolean isHttps(String url) {
    return url.startsWith("https://");
  }

  /// `ssh://…`, or the short form `USER@HOST:PATH`.
  public static boolean isSsh(String url) {
    return url.startsWith("ssh://") || SCP.matcher(url).matches();
  }

  public static boolean isFolder(String url) {
    return !isHttps(url) && !isSsh(url);
  }
}
