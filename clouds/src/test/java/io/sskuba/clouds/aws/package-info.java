@org.jspecify.annotations.NullMarked
package io.sskuba.clouds.aws;
