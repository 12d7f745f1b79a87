package io.sskuba.infra.aws;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What the name of an EC2 instance type says.
/// - Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html;
///   https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html (on-demand
///   quotas count the vCPUs of families together)
public final class InstanceTypes {
  /// `m7i.2xlarge`, `g6.xlarge`, `c7gn.metal-24xl`.
  private static final Pattern NAME =
      Pattern.compile(
          "([a-z]+)([0-9]+)([a-z-]*)\\.(nano|micro|small|medium|large|([0-9]*)xlarge|metal.*)");

  private static final int METAL_VCPUS = 96;

  private InstanceTypes() {}

  /// The on-demand quota that a type counts for: `standard`, `gpu` (G and VT), `p`, or the family's
  /// own letters. Empty for what is no type's name.
  public static Optional<String> bucket(String type) {
    Matcher name = NAME.matcher(type);
    if (!name.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        switch (name.group(1)) {
          case "a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z" -> "standard";
          case "g", "vt" -> "gpu";
          default -> name.group(1);
        });
  }

  /// `arm64` for Graviton, else `amd64`; the name of an unknown type says nothing wrong.
  public static String arch(String type) {
    Matcher name = NAME.matcher(type);
    return name.matches() && name.group(3).contains("g") ? "arm64" : "amd64";
  }

  /// vCPUs as the size says; what EC2 itself tells goes before.
  public static long vcpus(String type) {
    Matcher name = NAME.matcher(type);
    if (!name.matches()) {
      return 0;
    }
    String size = name.group(4);
    if (size.startsWith("metal")) {
      return METAL_VCPUS;
    }
    if (!size.endsWith("xlarge")) {
      return size.equals("medium") ? 1 : 2;
    }
    String times = name.group(5) == null ? "" : name.group(5);
    return 4L * (times.isEmpty() ? 1 : Long.parseLong(times));
  }
}
