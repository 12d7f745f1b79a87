package io.sskuba.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {
  private static Cidr cidr(String text) {
    return Cidr.parse(text).orElseThrow(() -> new AssertionError(text + " is a network"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32", "fd00::/48", "::/0", "2001:db8::1/128"})
  void isWrittenAsItIsRead(String text) {
    assertThat(cidr(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "10.0.0.0",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/08",
        "10.0.0.1/8",
        "10.0.0/8",
        "10.0.0.0.0/8",
        "010.0.0.0/8",
        "256.0.0.0/8",
        "fd00::1/48",
        "fd00:::/48",
        "::1::/128",
        "1:2:3:4:5:6:7:8:9/128",
        "1:2:3:4:5:6:7::8:9/128",
        "g::/16",
        "::ffff:10.0.0.0/104",
        "10.0.0.0/8 ",
        "fe80::%eth0/64",
        "٣.0.0.0/8"
      })
  void refuses(String text) {
    assertThat(Cidr.parse(text)).isEmpty();
  }

  @Test
  void alignsHostBits() {
    assertThat(Cidr.aligned("10.20.30.40/16").orElseThrow()).hasToString("10.20.0.0/16");
    assertThat(Cidr.aligned("10.20.30.40")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.96.0.0/12, true",
    "10.96.0.0/12, 10.0.0.0/8, true",
    "10.244.0.0/16, 10.96.0.0/12, false",
    "10.0.0.0/9, 10.128.0.0/9, false",
    "0.0.0.0/0, ::/0, false",
    "fd00::/48, fd00:0:0:1::/64, true",
  })
  void overlaps(String a, String b, boolean expected) {
    assertThat(cidr(a).overlaps(cidr(b))).isEqualTo(expected);
    assertThat(cidr(b).overlaps(cidr(a))).isEqualTo(expected);
  }

  @Test
  void countsHosts() {
    assertThat(cidr("10.64.0.0/20").host(2)).isEqualTo("10.64.0.2");
    assertThat(cidr("10.64.0.0/20").host(4095)).isEqualTo("10.64.15.255");
    assertThat(cidr("fd00::/64").host(1)).isEqualTo("fd00::1");
    assertThatThrownBy(() -> cidr("10.64.0.0/20").host(4096))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> cidr("10.64.0.0/20").host(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void knowsWhichAddressesMachinesCanHave() {
    Cidr network = cidr("10.40.0.0/24");
    assertThat(network.usable("10.40.0.1")).isTrue();
    assertThat(network.usable("10.40.0.0")).isFalse();
    assertThat(network.usable("10.40.0.255")).isFalse();
    assertThat(network.usable("10.41.0.1")).isFalse();
    assertThat(cidr("10.40.0.0/31").usable("10.40.0.0")).isTrue();
    assertThat(cidr("fd00::/64").usable("fd00::")).isTrue();
  }

  @Test
  void spellsAddressesOneWay() {
    assertThat(Cidr.canonical("FD00:0:0:0::0001")).isEqualTo("fd00::1");
    assertThat(Cidr.canonical("1:0:0:2:0:0:0:3")).isEqualTo("1:0:0:2::3");
    assertThat(Cidr.canonical("0:0:0:0:0:0:0:0")).isEqualTo("::");
    assertThat(Cidr.canonical("1:2:3:4:5:6:7:0")).isEqualTo("1:2:3:4:5:6:7:0");
  }

  /// The JDK's own parser is the judge: 2,000 random IPv6 addresses, seed 4291.
  @Test
  void agreesWithTheJdk() throws Exception {
    Random random = new Random(4291);
    for (int i = 0; i < 2000; i++) {
      byte[] octets = new byte[16];
      for (int j = 0; j < 16; j++) {
        octets[j] = (byte) (random.nextInt(3) == 0 ? random.nextInt(256) : 0);
      }
      String jdk = InetAddress.getByAddress(octets).getHostAddress();
      String ours = Cidr.canonical(jdk);
      assertThat(InetAddress.getByName(ours).getAddress()).as(jdk).isEqualTo(octets);
      assertThat(Cidr.canonical(ours)).isEqualTo(ours);
    }
  }
}
