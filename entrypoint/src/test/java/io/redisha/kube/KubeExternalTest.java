package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.Invalid;
import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings.ServiceType;
import io.redisha.model.Address;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KubeExternalTest {

    private static final PodEnvironment POD = new PodEnvironment("redis-ha-0", "uid", "10.0.0.1", "ns", "node", "192.0.2.7");

    private final ApiServer api = new ApiServer();
    private final KubeClient kube = api.client();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final Kept kept = new Kept();
    private KubeExternal external;

    /** The volume. */
    private static final class Kept implements KubeExternal.Memory {
        private volatile Address last;

        @Override
        public Address last() {
            return last;
        }

        @Override
        public void keep(Address address) {
            last = address;
        }
    }

    @AfterEach
    void close() {
        kube.close();
        api.close();
    }

    private FutureTask<Address> await(ServiceType type) throws Invalid {
        external = new KubeExternal(kube, type, POD, kept);
        FutureTask<Address> task = new FutureTask<>(() -> external.await(complaints::add));
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private void service(String type, String ports, String ingress) throws Exception {
        ObjectNode service = (ObjectNode) KubeClient.JSON.readTree(("{'apiVersion':'v1','kind':'Service','metadata':{'name':'redis-ha-0','namespace':'ns'},'spec':{'type':'" + type
                + "','ports':[" + ports + "]},'status':{'loadBalancer':{" + ingress + "}}}").replace('\'', '"'));
        String path = kube.path("v1", "services", "redis-ha-0");
        boolean there = kube.get(path).get().ok();
        assertThat((there ? kube.put(path, service) : kube.post(kube.path("v1", "services", null), service)).get().ok()).isTrue();
    }

    private void complains(String what) {
        ApiServer.until(() -> !complaints.isEmpty() && complaints.getLast().contains(what));
    }

    private static Address within(FutureTask<Address> task) throws Exception {
        return task.get(5, TimeUnit.SECONDS);
    }

    @Test
    void isTheNodesAddressAndTheServicesNodePort() throws Exception {
        service("NodePort", "{'name':'other','port':1,'nodePort':30001},{'name':'redis','port':6379,'nodePort':30079}", "");
        assertThat(within(await(ServiceType.NODE_PORT))).isEqualTo(new Address("192.0.2.7", 30079));
        assertThat(complaints).isEmpty();
    }

    @Test
    void isWhatTheLoadBalancerWasGiven() throws Exception {
        service("LoadBalancer", "{'name':'redis','port':6380,'nodePort':30079}", "'ingress':[{'ip':'198.51.100.9'}]");
        assertThat(within(await(ServiceType.LOAD_BALANCER))).isEqualTo(new Address("198.51.100.9", 6380));
        service("LoadBalancer", "{'name':'redis','port':6379}", "'ingress':[{'hostname':'lb.example.org'}]");
        assertThat(within(await(ServiceType.LOAD_BALANCER))).isEqualTo(new Address("lb.example.org", 6379));
    }

    @Test
    void waitsUntilItIsThereAndSaysOnceWhatIsMissing() throws Exception {
        FutureTask<Address> task = await(ServiceType.LOAD_BALANCER);
        complains("Service redis-ha-0 is missing");
        service("NodePort", "{'name':'redis','port':6379}", "");
        complains("is of type NodePort, not LoadBalancer");
        service("LoadBalancer", "{'name':'sentinel','port':6379}", "");
        complains("has no port redis");
        service("LoadBalancer", "{'name':'redis','port':6379}", "");
        complains("has no address yet");
        long asked = api.asked.size();
        ApiServer.until(() -> api.asked.size() > asked + 10);
        assertThat(complaints).hasSize(4);
        assertThat(task.isDone()).isFalse();
        service("LoadBalancer", "{'name':'redis','port':6379}", "'ingress':[{'ip':'198.51.100.9'}]");
        assertThat(within(task)).isEqualTo(new Address("198.51.100.9", 6379));
    }

    @Test
    void waitsForANodePort() throws Exception {
        service("NodePort", "{'name':'redis','port':6379}", "");
        FutureTask<Address> task = await(ServiceType.NODE_PORT);
        complains("has no node port yet");
        service("NodePort", "{'name':'redis','port':6379,'nodePort':30079}", "");
        assertThat(within(task)).isEqualTo(new Address("192.0.2.7", 30079));
    }

    @Test
    void outlastsAnApiServerThatDoesNotAnswer() throws Exception {
        service("NodePort", "{'name':'redis','port':6379,'nodePort':30079}", "");
        api.instead = request -> ApiServer.status(500);
        FutureTask<Address> task = await(ServiceType.NODE_PORT);
        complains("cannot be read: because 500");
        api.instead = request -> null;
        assertThat(within(task)).isEqualTo(new Address("192.0.2.7", 30079));
    }

    /** It has been announced before: nobody is helped by a server that does not start. */
    @Test
    void goesOnWithTheLastAddressWhileTheApiServerDoesNotAnswer() throws Exception {
        service("LoadBalancer", "{'name':'redis','port':6379}", "'ingress':[{'ip':'198.51.100.9'}]");
        assertThat(within(await(ServiceType.LOAD_BALANCER))).isEqualTo(new Address("198.51.100.9", 6379));
        assertThat(kept.last).isEqualTo(new Address("198.51.100.9", 6379));
        api.instead = request -> ApiServer.status(500);
        assertThat(within(await(ServiceType.LOAD_BALANCER))).isEqualTo(new Address("198.51.100.9", 6379));
        assertThat(complaints).singleElement().asString().contains("cannot be read: because 500").endsWith("announcing 198.51.100.9:6379 as before");
    }

    /** The port is the Service's, the host is the node that the pod is on now. */
    @Test
    void takesOfANodePortsLastAddressOnlyThePort() throws Exception {
        kept.last = new Address("192.0.2.99", 30079);
        api.instead = request -> ApiServer.status(500);
        assertThat(within(await(ServiceType.NODE_PORT))).isEqualTo(new Address("192.0.2.7", 30079));
    }

    /** That it has none any more, or never had, is an answer. */
    @Test
    void doesNotTakeTheLastAddressForWhatTheApiServerDenies() throws Exception {
        kept.last = new Address("198.51.100.9", 6379);
        FutureTask<Address> task = await(ServiceType.LOAD_BALANCER);
        complains("Service redis-ha-0 is missing");
        assertThat(task.isDone()).isFalse();
    }

    @Test
    void saysLaterThatTheLastAddressIsNoLongerRight() throws Exception {
        kept.last = new Address("198.51.100.9", 6379);
        service("LoadBalancer", "{'name':'redis','port':6379}", "'ingress':[{'ip':'198.51.100.10'}]");
        api.instead = request -> ApiServer.status(500);
        Address announced = within(await(ServiceType.LOAD_BALANCER));
        FutureTask<Address> later = new FutureTask<>(() -> external.confirm(announced));
        Thread.ofPlatform().daemon().start(later);
        long asked = api.asked.size();
        ApiServer.until(() -> api.asked.size() > asked + 3);
        assertThat(later.isDone()).isFalse();
        api.instead = request -> null;
        assertThat(within(later)).isEqualTo(new Address("198.51.100.10", 6379));
        assertThat(kept.last).as("for the next start").isEqualTo(new Address("198.51.100.10", 6379));
    }

    @Test
    void needsTheNodesAddressForANodePortOnly() throws Exception {
        PodEnvironment without = new PodEnvironment("redis-ha-0", "uid", "10.0.0.1", "ns", "node", null);
        assertThatThrownBy(() -> new KubeExternal(kube, Some.cluster(", external: {enabled: true, type: NodePort}"), without, kept)).isInstanceOf(Invalid.class)
                .hasMessageContaining("HOST_IP");
        assertThat(new KubeExternal(kube, Some.cluster(", external: {enabled: true, type: LoadBalancer}"), without, kept)).isNotNull();
    }
}
