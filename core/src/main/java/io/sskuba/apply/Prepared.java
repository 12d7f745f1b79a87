package io.sskuba.apply;

import java.util.Map;

/// A cluster whose machines can be made.
///
/// @param userData the configurations that machines are made with, by name; empty where they are
///   pushed
public record Prepared(IssuedSecrets secrets, Map<String, String> userData) {
  public Prepared {
    userData = Map.copyOf(userData);
  }

  @Override
  public String toString() {
    return "Prepared[hidden]";
  }
}
