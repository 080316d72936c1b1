package io.redisha.command;

import io.redisha.config.Invalid;
import io.redisha.config.PasswordFile;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.http.Token;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Asks the leader, through this pod's agent, to hand over. */
@Command(name = "switchover", description = "Makes another pod the master, without losing a write.", mixinStandardHelpOptions = true)
public final class Switchover implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Option(names = "--to", paramLabel = "POD", description = "The pod to hand over to. Default: the replica that is best fit.")
    String to;

    private final Path settingsFile;
    private final Path passwordFile;

    public Switchover() {
        this(SettingsReader.FILE, PasswordFile.FILE);
    }

    Switchover(Path settingsFile, Path passwordFile) {
        this.settingsFile = settingsFile;
        this.passwordFile = passwordFile;
    }

    @Override
    public Integer call() {
        if (to != null && !to.matches("[-a-z0-9.]+")) {
            throw new ParameterException(spec.commandLine(), "--to: given " + to + ", expected a pod's name");
        }
        PrintWriter err = spec.commandLine().getErr();
        try {
            Settings settings = SettingsReader.read(settingsFile);
            String password = PasswordFile.read(passwordFile);
            if (password == null) {
                err.println("redis-ha: there is no password in " + passwordFile);
                return 1;
            }
            PlainHttp.Reply reply = request("127.0.0.1", settings, password, to);
            if (reply.status() == 200) {
                spec.commandLine().getOut().println(reply.body().strip());
                return 0;
            }
            err.println("redis-ha: " + (reply.status() == 401 ? "the agent does not accept the password in " + passwordFile : reply.body().strip()));
        } catch (Invalid e) {
            e.problems().forEach(problem -> err.println("redis-ha: " + problem));
        } catch (IOException e) {
            err.println("redis-ha: the agent of this pod does not answer: " + e.getMessage());
        }
        return 1;
    }

    /** @param to null = whoever is best */
    static PlainHttp.Reply request(String host, Settings settings, String password, String to) throws IOException {
        Duration patience = Duration.ofNanos(settings.failover().timings().handover()).plusSeconds(5);
        return PlainHttp.post(host, settings.ports().member(), "/member/switchover", new Token(password).header(),
                to == null ? "{}" : "{\"to\":\"" + to + "\"}", patience);
    }
}
