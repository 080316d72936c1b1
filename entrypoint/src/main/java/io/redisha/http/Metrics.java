package io.redisha.http;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.redisha.loop.Snapshot;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.Role;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What Prometheus is told: counts of what the {@link Journaling} noted, and the last snapshot. */
public final class Metrics {

    static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    private final String version;
    private final Supplier<Snapshot> snapshot;
    private boolean complete;

    private final Counter failovers = counter("redis_ha_failovers_total", "Promotions of this pod that nobody had planned", "reason");
    private final Counter switchovers = counter("redis_ha_switchovers_total", "Planned handovers by this pod", "reason");
    private final Counter fences = counter("redis_ha_fences_total", "Times that this pod was stopped from accepting writes", "reason");
    private final Counter renewals = counter("redis_ha_lease_renewals_total", "Renewals of the Lease by this pod", "outcome");
    private final Counter restarts = counter("redis_ha_server_restarts_total", "Times that the server process of this pod ended unasked");
    private final Histogram renewalSeconds = Histogram.builder()
            .name("redis_ha_lease_renewal_seconds").help("How long a renewal of the Lease took")
            .classicOnly().classicUpperBounds(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 4).withoutExemplars()
            .register(registry);

    /** @param snapshot gives null until the loop runs */
    public Metrics(String version, Supplier<Snapshot> snapshot) {
        this.version = version;
        this.snapshot = snapshot;
    }

    /** Without exemplars: nothing traces here, and they would cost a thread. */
    private Counter counter(String name, String help, String... labels) {
        return Counter.builder().name(name).help(help).labelNames(labels).withoutExemplars().register(registry);
    }

    void failover(String reason) {
        failovers.labelValues(reason).inc();
    }

    void switchover(String reason) {
        switchovers.labelValues(reason).inc();
    }

    void fence(String reason) {
        fences.labelValues(reason).inc();
    }

    void renewal(boolean success, long nanos) {
        renewals.labelValues(success ? "success" : "failure").inc();
        renewalSeconds.observe(nanos / 1e9);
    }

    void serverDied() {
        restarts.inc();
    }

    /** In Prometheus' text format. */
    synchronized byte[] render() {
        if (!complete) {
            complete = true;
            complete();
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(8192);
        try {
            writer.write(out, registry.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** Only a release that is scraped pays for these: they load what nothing else in the program needs. */
    private void complete() {
        JvmMemoryMetrics.builder().register(registry);
        JvmGarbageCollectorMetrics.builder().register(registry);
        JvmThreadsMetrics.builder().register(registry);
        Info.builder().name("redis_ha_build_info").help("The program's version").labelNames("version").register(registry)
                .setLabelValues(version);
        GaugeWithCallback.builder().name("redis_ha_role").help("1 for the role that the server has").labelNames("role").callback(gauge -> {
            Snapshot seen = snapshot.get();
            Role is = seen == null || !seen.self().running() || seen.self().server() == null ? null : seen.self().server().role();
            for (Role role : Role.values()) {
                gauge.call(role == is ? 1 : 0, role.name().toLowerCase(Locale.ROOT));
            }
        }).register(registry);
        gauge("redis_ha_leader", "1 if this pod holds the Lease", s -> s.self().leading() ? 1 : 0);
        gauge("redis_ha_writable", "1 if the server accepts writes", s -> s.self().writable() ? 1 : 0);
        gauge("redis_ha_ready", "1 if /readyz says so", s -> s.ready() ? 1 : 0);
        gauge("redis_ha_term", "Number of changes of leader that this pod knows of", s -> s.self().term());
        gauge("redis_ha_offset", "Replication offset in bytes", s -> s.self().server() == null ? Double.NaN : s.self().server().offset());
        gauge("redis_ha_members", "Members that the Lease counts",
                s -> s.lease() instanceof LeaseView.Present present ? present.record().members().size() : Double.NaN);
        gauge("redis_ha_api_reachable", "1 if the Kubernetes API answered the last request", s -> s.apiReachable() ? 1 : 0);
        // "pod" is what Prometheus itself calls the scraped pod.
        GaugeWithCallback.builder().name("redis_ha_replica_lag_bytes").help("Bytes that a replica is behind, as the leader sees it")
                .labelNames("replica").callback(gauge -> {
                    Snapshot seen = snapshot.get();
                    if (seen == null || !seen.self().leading() || seen.self().server() == null) {
                        return;
                    }
                    for (Snapshot.Sibling sibling : seen.siblings()) {
                        Long lag = Report.lag(seen.self(), sibling.state());
                        if (lag != null) {
                            gauge.call(lag, sibling.state().id().pod());
                        }
                    }
                }).register(registry);
    }

    private void gauge(String name, String help, ToDoubleFunction<Snapshot> value) {
        GaugeWithCallback.builder().name(name).help(help).callback(gauge -> {
            Snapshot seen = snapshot.get();
            MemberState self = seen == null ? null : seen.self();
            if (self != null) {
                gauge.call(value.applyAsDouble(seen));
            }
        }).register(registry);
    }
}
