package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Invalid;
import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.config.Settings.ServiceType;
import io.redisha.kube.KubeClient.Answer;
import io.redisha.model.Address;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The address by which clients outside the pod network reach this pod: that of the Service that is named like it. */
public final class KubeExternal {

    private static final Logger LOG = LoggerFactory.getLogger(KubeExternal.class);
    private static final String PORT = "redis";
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** Remembers the address over restarts, as far as it can. */
    public interface Memory {
        Memory NONE = new Memory() {
            @Override
            public Address last() {
                return null;
            }

            @Override
            public void keep(Address address) {}
        };

        /** Null if there was none. */
        Address last();

        void keep(Address address);
    }

    private final KubeClient kube;
    private final PodEnvironment pod;
    private final ServiceType type;
    private final Memory memory;

    /**
     * Either the address, or what it lacks.
     *
     * @param read the API server has answered: what it lacks is so
     */
    private record Found(Address address, String lack, boolean read) {}

    public KubeExternal(KubeClient kube, Settings settings, PodEnvironment pod, Memory memory) throws Invalid {
        this(kube, settings.cluster().external().type(), pod, memory);
    }

    KubeExternal(KubeClient kube, ServiceType type, PodEnvironment pod, Memory memory) throws Invalid {
        if (type == ServiceType.NODE_PORT && pod.hostIp() == null) {
            throw new Invalid(List.of("HOST_IP is not set: the container's env must take it from the downward API (fieldRef status.hostIP)"));
        }
        this.kube = kube;
        this.type = type;
        this.pod = pod;
        this.memory = memory;
    }

    /**
     * Waits for it: a server must not announce what nobody can reach. But while the API server does not answer, the last one will do: that
     * the two change together is rarer than either, and {@link #confirm} finds out.
     *
     * @param complain is told what is missing, once for each thing
     */
    public Address await(Consumer<String> complain) throws InterruptedException {
        String told = "";
        while (true) {
            Found found = look();
            if (found.address() != null) {
                LOG.info("{} is reached from outside at {}", pod.pod(), found.address());
                memory.keep(found.address());
                return found.address();
            }
            Address last = found.read() ? null : last();
            if (last != null) {
                String words = found.lack() + ": announcing " + last + " as before";
                LOG.warn("{}", words);
                complain.accept(words);
                return last;
            }
            if (!found.lack().equals(told)) {
                told = found.lack();
                LOG.warn("{}", told);
                complain.accept(told);
            }
            kube.ticker().sleep(PAUSE);
        }
    }

    private Address last() {
        Address last = memory.last();
        return last == null || type != ServiceType.NODE_PORT ? last : new Address(pod.hostIp(), last.port());
    }

    /**
     * Waits for the API server's word on the address that is announced.
     *
     * @return another one that has taken its place, null if it has not
     */
    public Address confirm(Address announced) throws InterruptedException {
        while (true) {
            Found found = look();
            if (found.address() != null) {
                memory.keep(found.address());
                return found.address().equals(announced) ? null : found.address();
            }
            kube.ticker().sleep(PAUSE);
        }
    }

    private Found look() {
        Answer answer;
        try {
            answer = kube.get(kube.path("v1", "services", pod.pod())).join();
        } catch (CompletionException e) {
            return unread(KubeClient.why(e));
        }
        if (!answer.ok()) {
            return answer.code() == 404 ? lacks("is missing: helm creates one for each pod that the values ask for") : unread(answer.why());
        }
        JsonNode spec = answer.body().path("spec");
        String wanted = type == ServiceType.NODE_PORT ? "NodePort" : "LoadBalancer";
        if (!spec.path("type").asText().equals(wanted)) {
            return lacks("is of type " + spec.path("type").asText() + ", not " + wanted);
        }
        for (JsonNode port : spec.path("ports")) {
            if (port.path("name").asText().equals(PORT)) {
                return type == ServiceType.NODE_PORT ? nodePort(port) : balancer(port, answer.body());
            }
        }
        return lacks("has no port " + PORT);
    }

    private Found nodePort(JsonNode port) {
        int number = port.path("nodePort").asInt(0);
        return number == 0 ? lacks("has no node port yet") : new Found(new Address(pod.hostIp(), number), null, true);
    }

    private Found balancer(JsonNode port, JsonNode service) {
        JsonNode ingress = service.path("status").path("loadBalancer").path("ingress").path(0);
        String host = ingress.path("ip").asText("");
        if (host.isEmpty()) {
            host = ingress.path("hostname").asText("");
        }
        return host.isEmpty() ? lacks("has no address yet: the load balancer has not given one") : new Found(new Address(host, port.path("port").asInt()), null, true);
    }

    private Found lacks(String what) {
        return new Found(null, "Service " + pod.pod() + " " + what, true);
    }

    private Found unread(String why) {
        return new Found(null, "Service " + pod.pod() + " cannot be read: " + why, false);
    }
}
