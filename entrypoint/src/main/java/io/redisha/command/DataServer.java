package io.redisha.command;

import io.redisha.config.Invalid;
import io.redisha.process.AofDirectory;
import io.redisha.process.ConfFile;
import io.redisha.process.MemoryLimit;
import io.redisha.process.ServerProcess;
import io.redisha.redis.RedisConf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An architecture's pod that holds data.
 *
 * <p>Its server always starts read-only (rule B1), also after a CONFIG REWRITE, a client's or a sentinel's: the file is written anew before
 * each start.
 */
abstract class DataServer extends Architecture {

    private static final Logger LOG = LoggerFactory.getLogger(DataServer.class);
    /** The servers' default of dbfilename. */
    private static final String SNAPSHOT = "dump.rdb";
    private static final Path USER_CONF = Path.of("/etc/redis-ha/redis.conf");

    private final ConfFile file = new ConfFile(Run.CONF);
    private RedisConf conf;
    private volatile List<String> warnings = List.of();

    DataServer(Pod pod) {
        super(pod);
    }

    @Override
    final void configure() throws Invalid, IOException, InterruptedException {
        conf = conf(Files.exists(USER_CONF) ? Files.readAllLines(USER_CONF) : List.of());
        warnings = accept(conf);
        warnings.forEach(warning -> {
            LOG.warn("{}", warning);
            events.emit(true, "ConfigurationUnfit", warning);
        });
    }

    /**
     * The chart refuses more than this before anything has changed. Here a pod that was installed by a chart which did not would not come up any more.
     *
     * @return what a person should change
     */
    static List<String> accept(RedisConf conf) throws Invalid {
        if (!conf.problems().isEmpty()) {
            throw new Invalid(conf.problems());
        }
        return conf.warnings();
    }

    /** What is wrong with the user's lines, for {@code status}: the pod serves all the same, as far as that goes. */
    final List<String> warnings() {
        return warnings;
    }

    /** @param user the user's lines */
    abstract RedisConf conf(List<String> user) throws Invalid, InterruptedException;

    /** @param given the architecture that there is to be */
    final void refuseNode(String given) throws Invalid {
        if (Files.exists(Run.DATA.resolve(env.pod()).resolve(RedisConf.NODES))) {
            throw new Invalid(List.of("architecture: given " + given
                    + ", but the volume holds a node of architecture cluster: install a new release and copy the data"));
        }
    }

    @Override
    final List<String> prepare(ServerProcess.Exit last) throws InterruptedException, IOException {
        if (conf.isVolatile()) {
            Files.deleteIfExists(directory().resolve(SNAPSHOT));
        }
        await(last);
        refuseLoss(conf, directory());
        file.write(conf.render(MemoryLimit.bytes()));
        return List.of(engine.toString(), Run.CONF.toString());
    }

    /** @throws IOException in words, instead of a server that would begin anew */
    static void refuseLoss(RedisConf conf, Path directory) throws IOException {
        String loss = conf.appends() ? new AofDirectory(directory.resolve(conf.logDirectory()), conf.logName()).loss() : null;
        if (loss != null) {
            throw new IOException(loss);
        }
    }

    /** What has to be so before the server may start. It starts read-only: nothing has to be known before, as a rule. */
    void await(ServerProcess.Exit last) throws InterruptedException, IOException {}
}
