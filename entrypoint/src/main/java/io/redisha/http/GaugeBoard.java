package io.redisha.http;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.redisha.model.Role;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Where gauges that read one kind of snapshot are put up. */
final class GaugeBoard<S> {

    private final PrometheusRegistry registry;
    private final Supplier<S> snapshot;

    GaugeBoard(PrometheusRegistry registry, Supplier<S> snapshot) {
        this.registry = registry;
        this.snapshot = snapshot;
    }

    void gauge(String name, String help, ToDoubleFunction<S> value) {
        GaugeWithCallback.builder().name(name).help(help).callback(gauge -> {
            S seen = snapshot.get();
            if (seen != null) {
                gauge.call(value.applyAsDouble(seen));
            }
        }).register(registry);
    }

    /** One for each of several. @param values by the label's value; NaN is what is not known */
    void gauges(String name, String help, String label, Function<S, Map<String, Double>> values) {
        GaugeWithCallback.builder().name(name).help(help).labelNames(label).callback(gauge -> {
            S seen = snapshot.get();
            if (seen != null) {
                values.apply(seen).forEach((of, value) -> gauge.call(value, of));
            }
        }).register(registry);
    }

    /** @param of null for none */
    void role(Function<S, Role> of) {
        GaugeWithCallback.builder().name("redis_ha_role").help("1 for the role that the server has").labelNames("role").callback(gauge -> {
            S seen = snapshot.get();
            Role is = seen == null ? null : of.apply(seen);
            for (Role role : Role.values()) {
                gauge.call(role == is ? 1 : 0, role.name().toLowerCase(Locale.ROOT));
            }
        }).register(registry);
    }
}
