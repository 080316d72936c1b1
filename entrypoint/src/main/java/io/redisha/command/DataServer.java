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

/**
 * An architecture's pod that holds data.
 *
 * <p>Its server always starts read-only (rule B1), also after a CONFIG REWRITE, a client's or a sentinel's: the file is written anew before
 * each start.
 */
abstract class DataServer extends Architecture {

    /** The servers' default of dbfilename. */
    private static final String SNAPSHOT = "dump.rdb";
    private static final Path USER_CONF = Path.of("/etc/redis-ha/redis.conf");

    private final ConfFile file = new ConfFile(Run.CONF);
    private RedisConf conf;

    DataServer(Pod pod) {
        super(pod);
    }

    @Override
    final void configure() throws Invalid, IOException, InterruptedException {
        conf = conf(Files.exists(USER_CONF) ? Files.readAllLines(USER_CONF) : List.of());
        if (!conf.problems().isEmpty()) {
            throw new Invalid(conf.problems());
        }
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
    void await(ServerProcess.Exit last) throws InterruptedException {}
}
