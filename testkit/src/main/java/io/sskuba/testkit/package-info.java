/// Test support of production quality: real peers, golden files, seeds.
package io.sskuba.testkit;
