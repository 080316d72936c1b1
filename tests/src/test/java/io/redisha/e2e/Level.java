package io.redisha.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/** At which level a class or one of its tests is run. A class of level full may have tests of level smoke. */
public final class Level {

    private Level() {
    }

    /** At every change: what the README promises, once. */
    @Target({ElementType.TYPE, ElementType.METHOD})
    @Retention(RetentionPolicy.RUNTIME)
    @Tag("smoke")
    public @interface Smoke {
    }

    /** Only with {@code LEVEL=full}, which is everything. */
    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @Tag("full")
    public @interface Full {
    }
}
