/// The `aws` target as data: VPC, security groups, load balancer, identities, machines, DNS.
@NullMarked
package io.sskuba.infra.aws;

import org.jspecify.annotations.NullMarked;
