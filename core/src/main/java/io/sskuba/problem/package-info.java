/// What a user is told when something fails: stable codes, facts, what exists, what to type next.
@NullMarked
package io.sskuba.problem;

import org.jspecify.annotations.NullMarked;
