package io.redisha;

import io.redisha.command.EnsureSecret;
import io.redisha.command.Form;
import io.redisha.command.Install;
import io.redisha.command.Run;
import io.redisha.command.Selftest;
import io.redisha.command.Status;
import io.redisha.command.Switchover;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program of every pod: its composition root, and the only place that ends the process. */
@Command(name = "redis-ha", synopsisSubcommandLabel = "COMMAND", mixinStandardHelpOptions = true, subcommands = {Install.class, Run.class, Form.class,
        Status.class, Switchover.class, EnsureSecret.class, Selftest.class})
public final class Main {

    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }
}
