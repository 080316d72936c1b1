package io.redisha.http;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What Prometheus is told: counts of what the {@link Journaling} noted, and the last snapshot. */
public final class Metrics {

    static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    private final String version;
    private final Gauges gauges;
    private boolean complete;

    private final Counter failovers = counter("redis_ha_failovers_total", "Promotions of this pod that nobody had planned", "reason");
    private final Counter switchovers = counter("redis_ha_switchovers_total", "Planned handovers by this pod", "reason");
    private final Counter fences = counter("redis_ha_fences_total", "Times that this pod was stopped from accepting writes", "reason");
    private final Counter renewals = counter("redis_ha_lease_renewals_total", "Renewals of the Lease by this pod", "outcome");
    private final Counter takeovers = counter("redis_ha_takeovers_total", "Times that a replica took over because this pod's server had died, had lost its data, or can't save",
            "reason");
    private final Counter slotsMoved = counter("redis_ha_slots_moved_total", "Slots of a cluster that this pod moved to another master");
    private final Counter keysMoved = counter("redis_ha_keys_moved_total", "Keys that were in them");
    private final Counter restarts = counter("redis_ha_server_restarts_total", "Times that the server process of this pod ended unasked");
    private final Histogram renewalSeconds = Histogram.builder()
            .name("redis_ha_lease_renewal_seconds").help("How long a renewal of the Lease took")
            .classicOnly().classicUpperBounds(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 4).withoutExemplars()
            .register(registry);

    public Metrics(String version, Gauges gauges) {
        this.version = version;
        this.gauges = gauges;
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

    void takeover(String reason) {
        takeovers.labelValues(reason).inc();
    }

    void moved(int slots, long keys) {
        slotsMoved.inc(slots);
        keysMoved.inc(keys);
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
        gauges.register(registry);
    }
}
