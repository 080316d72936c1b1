package io.redisha.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/** What a class takes from the machine, and so what may run beside it. */
public final class Cost {

    private Cost() {
    }

    /** Mostly waits for Kubernetes, breaks nothing but its own release and asks for no time limit: runs beside others of its kind. */
    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @Tag("together")
    public @interface Together {
    }

    /** Breaks nodes or measures time: has the cluster for itself. */
    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @Tag("alone")
    public @interface Alone {
    }

    /** Likewise, and takes more than three minutes: never of level smoke. */
    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @Tag("alone")
    @Tag("long")
    public @interface Long {
    }
}
