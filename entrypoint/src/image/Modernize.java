import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.ClassFileVersion;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Gives the classes of a jar that were compiled for Java 5 the form of Java 8. The JVM keeps nothing older than Java 6 in
 * an AOT cache, because only later classes say the types of their stack frames; picocli, in the start of every command, is
 * that old.
 */
final class Modernize {

    private static final int FIRST_WITH_FRAMES = ClassFile.JAVA_6_VERSION;

    private Modernize() {}

    public static void main(String[] args) throws IOException {
        try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + Path.of(args[0]).toUri()), Map.of())) {
            Path root = jar.getPath("/");
            var hierarchy = ClassHierarchyResolver.ofResourceParsing(name -> {
                try {
                    Path file = root.resolve(name.descriptorString().replaceAll("^L|;$", "") + ".class");
                    return Files.exists(file) ? Files.newInputStream(file) : null;
                } catch (IOException e) {
                    return null;
                }
            }).orElse(ClassHierarchyResolver.defaultResolver());
            var frames = ClassFile.of(
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ConstantPoolSharingOption.NEW_POOL,
                    ClassFile.ClassHierarchyResolverOption.of(hierarchy));
            var version = ClassFileVersion.of(ClassFile.JAVA_8_VERSION, 0);
            // The bodies are rebuilt, instruction by instruction: what is passed on whole gets no frames.
            var modern = ClassTransform.transformingMethodBodies((code, element) -> code.with(element))
                    .andThen((builder, element) -> builder.with(element instanceof ClassFileVersion ? version : element));
            List<Path> classes;
            try (Stream<Path> files = Files.walk(root)) {
                classes = files.filter(file -> file.toString().endsWith(".class")).toList();
            }
            int changed = 0;
            for (Path file : classes) {
                byte[] old = Files.readAllBytes(file);
                var model = frames.parse(old);
                if (model.majorVersion() < FIRST_WITH_FRAMES) {
                    Files.write(file, frames.transformClass(model, modern));
                    changed++;
                }
            }
            System.out.println("training: modernized " + changed + " classes");
        }
    }
}
