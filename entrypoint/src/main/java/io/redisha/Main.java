package io.redisha;

import io.redisha.command.Install;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program of every pod: its composition root, and the only place that ends the process. */
@Command(name = "redis-ha", synopsisSubcommandLabel = "COMMAND", subcommands = Install.class)
public final class Main {

    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }
}
