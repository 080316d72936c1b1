# The image the init container copies from: a Java runtime, the program and its AOT caches. There is no Redis inside.
#
#   docker build -t registry.example.com/redis-ha:0.3.1 .
#
# Where nothing can be pulled, entrypoint/image names local images instead, and gives the stage "maven" as a build
# context in which the jar is already built.

# A JDK 25 at JAVA_HOME, with apt: its runtime is what the pods run, so it must not want a newer glibc than they have.
ARG JDK_IMAGE=docker.io/library/eclipse-temurin:25-jdk
ARG MAVEN_IMAGE=docker.io/library/maven:3-eclipse-temurin-25
# Only glibc is needed: the program runs here too, as init container and in the hooks.
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim


FROM ${MAVEN_IMAGE} AS maven
WORKDIR /src
COPY pom.xml ./
COPY entrypoint/pom.xml entrypoint/
COPY tests/pom.xml tests/
COPY entrypoint/src/main entrypoint/src/main
COPY entrypoint/src/image entrypoint/src/image
RUN mvn -B -q -pl entrypoint -Pimage -Dmaven.test.skip=true package && mv entrypoint/target/image /image


FROM ${JDK_IMAGE} AS runtime
RUN command -v gcc strip redis-server >/dev/null \
 || { apt-get update -q && apt-get install -q -y --no-install-recommends binutils gcc libc6-dev redis-server; }
# Of the modules that jdeps names these are what fabric8, Jedis and the metrics really load: the others weigh 37 MB.
# Compressed modules cost nothing at start, since what is loaded then is in the AOT caches, and 16 MB less is copied.
RUN mkdir -p /redis-ha/bin /redis-ha/lib \
 && "$JAVA_HOME/bin/jlink" --output /redis-ha/jre \
      --add-modules java.base,java.net.http,java.management,jdk.unsupported \
      --compress zip-6 --strip-java-debug-attributes --no-header-files --no-man-pages \
 && find /redis-ha/jre -name '*.debuginfo' -delete \
 && find /redis-ha/jre -type f \( -name '*.so' -o -perm -u+x \) -exec strip --strip-unneeded {} +
COPY entrypoint/launcher/redis-ha.c /src/
RUN gcc -O2 -Wall -Wextra -Werror -static -s -o /redis-ha/bin/redis-ha /src/redis-ha.c


# The caches hold the classes of exactly this jar and runtime: nothing below may touch either again.
FROM runtime AS training
COPY --from=maven /image/training /src/training
COPY --from=maven /image/redis-ha.jar /redis-ha/lib/
COPY entrypoint/src/image/run.args entrypoint/src/image/tool.args /redis-ha/lib/
COPY entrypoint/src/image/*.java /src/
RUN "$JAVA_HOME/bin/java" /src/Modernize.java /redis-ha/lib/redis-ha.jar
RUN "$JAVA_HOME/bin/java" -cp '/src/training/*' /src/Training.java /redis-ha


FROM ${BASE_IMAGE}
COPY --from=training /redis-ha /redis-ha
RUN ["/redis-ha/bin/redis-ha", "check"]
USER 999:999
ENTRYPOINT ["/redis-ha/bin/redis-ha"]
