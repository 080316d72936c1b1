package io.redisha.log;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/** Makes {@link Log} what SLF4J's loggers write to. */
public final class Provider implements SLF4JServiceProvider {

    private final Map<String, Logger> loggers = new ConcurrentHashMap<>();
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter context = new NOPMDCAdapter();

    @Override
    public ILoggerFactory getLoggerFactory() {
        return name -> loggers.computeIfAbsent(name, n -> new To(Log.stdout(), n));
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return context;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    @Override
    public void initialize() {}

    /** One logger. */
    static final class To extends LegacyAbstractLogger {

        private static final long serialVersionUID = 1;

        private final transient Log log;

        To(Log log, String name) {
            this.log = log;
            this.name = name;
        }

        @Override
        public boolean isTraceEnabled() {
            return log.shows(Level.TRACE, name);
        }

        @Override
        public boolean isDebugEnabled() {
            return log.shows(Level.DEBUG, name);
        }

        @Override
        public boolean isInfoEnabled() {
            return log.shows(Level.INFO, name);
        }

        @Override
        public boolean isWarnEnabled() {
            return log.shows(Level.WARN, name);
        }

        @Override
        public boolean isErrorEnabled() {
            return log.shows(Level.ERROR, name);
        }

        @Override
        protected String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        protected void handleNormalizedLoggingCall(Level level, Marker marker, String message, Object[] arguments, Throwable thrown) {
            log.write(level, name, MessageFormatter.basicArrayFormat(message, arguments), thrown);
        }
    }
}
