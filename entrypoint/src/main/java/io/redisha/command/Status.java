package io.redisha.command;

import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints what this pod's agent knows of the release. */
@Command(name = "status", description = "Shows who is what in the release.", mixinStandardHelpOptions = true)
public final class Status implements Callable<Integer> {

    /** As the agent's query wants them. */
    enum Output { table, json, yaml }

    @Spec
    CommandSpec spec;

    @Option(names = {"-o", "--output"}, defaultValue = "table", description = "One of: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    Output output;

    private final Path settingsFile;

    public Status() {
        this(SettingsReader.FILE);
    }

    Status(Path settingsFile) {
        this.settingsFile = settingsFile;
    }

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        try {
            Settings settings = SettingsReader.read(settingsFile);
            PlainHttp.Reply reply =
                    PlainHttp.get("127.0.0.1", settings.ports().http(), "/status?output=" + output, Duration.ofSeconds(3));
            if (reply.status() != 200) {
                err.println("redis-ha: " + reply.body().strip());
                return 1;
            }
            PrintWriter out = spec.commandLine().getOut();
            out.print(reply.body());
            out.flush();
            return 0;
        } catch (Invalid e) {
            e.problems().forEach(problem -> err.println("redis-ha: " + problem));
        } catch (IOException e) {
            err.println("redis-ha: the agent of this pod does not answer: " + e.getMessage());
        }
        return 1;
    }
}
