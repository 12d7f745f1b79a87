package io.sskuba.spec;

/// What the file need not say. Resolved once, when the file is read, and kept in the record.
public final class Defaults {
  public static final String ORGANISATION = "organization";
  public static final String PROJECT = "sskuba";
  public static final String TALOS = "v1.13.9";
  public static final String KUBERNETES = "v1.36.3";
  public static final String POD_CIDR = "10.244.0.0/16";
  public static final String SERVICE_CIDR = "10.96.0.0/12";
  public static final String BRANCH = "main";
  public static final String INTERVAL = "1m";
  public static final String TTL_HERE = "8h";
  public static final String ARCH = "amd64";
  public static final String GROUPS_CLAIM = "groups";
  public static final String TSIG_ALGORITHM = "hmac-sha256";

  /// Network of a VPC or VNet that sskuba makes: overlaps neither default above.
  public static final String CLOUD_CIDR = "10.0.0.0/16";

  /// Of a virtual machine on vSphere; two CPUs and 4 GiB are Talos's recommendation for the
  /// smallest.
  public static final int CPUS = 4;

  public static final int MEMORY_GIB = 8;

  private Defaults() {}

  /// The machine type of a pool that names none.
  static String machineType(ClusterSpec.Provider provider, String arch, boolean gpu) {
    boolean arm = arch.equals("arm64");
    if (provider == ClusterSpec.Provider.AWS) {
      return gpu ? arm ? "g5g.xlarge" : "g6.xlarge" : arm ? "m7g.xlarge" : "m7i.xlarge";
    }
    return gpu ? "Standard_NC4as_T4_v3" : arm ? "Standard_D4ps_v5" : "Standard_D4s_v5";
  }
}
