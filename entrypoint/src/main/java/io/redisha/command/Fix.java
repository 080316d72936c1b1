package io.redisha.command;

import io.redisha.config.PasswordFile;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Has the leader mend a cluster by what may lose data, which it never does unasked. */
@Command(name = "fix", description = "Says what would mend a cluster that can't mend itself without losing data; with --yes does it.",
        mixinStandardHelpOptions = true)
public final class Fix implements Callable<Integer> {

    /** A little more than the agent gives itself. */
    private static final Duration PATIENCE = Duration.ofSeconds(62);

    @Spec
    CommandSpec spec;

    @Option(names = "--yes", description = "Do it. Default: only say what would be done.")
    boolean yes;

    private final Path settingsFile;
    private final Path passwordFile;

    public Fix() {
        this(SettingsReader.FILE, PasswordFile.FILE);
    }

    Fix(Path settingsFile, Path passwordFile) {
        this.settingsFile = settingsFile;
        this.passwordFile = passwordFile;
    }

    @Override
    public Integer call() {
        return Order.give(spec, settingsFile, passwordFile, (settings, password) -> settings.architecture() == Settings.Architecture.CLUSTER
                ? Pods.order("127.0.0.1", settings, "/member/fix", password, "{\"confirmed\":" + yes + "}", PATIENCE)
                : new PlainHttp.Reply(409, "there is nothing to fix by hand in architecture replication"));
    }
}
