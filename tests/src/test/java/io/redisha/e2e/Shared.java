package io.redisha.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A release that several test classes use one after the other, whole again before each; installed when the first one asks. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface Shared {

    Kind value() default Kind.PERSISTENT;

    enum Kind {
        PERSISTENT,
        EPHEMERAL;

        String[] set() {
            return new String[] {"persistence.enabled=" + (this == PERSISTENT), "persistence.size=1Gi"};
        }
    }
}
