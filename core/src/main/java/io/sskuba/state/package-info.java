/// Cluster records, journals, leases and receipts under one state URL.
@NullMarked
package io.sskuba.state;

import org.jspecify.annotations.NullMarked;
