/// Simulated accounts: what exists in a simulated cloud, outliving every process.
@NullMarked
package io.sskuba.rehearsal.account;

import org.jspecify.annotations.NullMarked;
