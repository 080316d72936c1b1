package io.redisha.kube;

import java.security.AlgorithmConstraints;
import java.security.AlgorithmParameters;
import java.security.CryptoPrimitive;
import java.security.Key;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Has TLS offer the key exchange group x25519 and no other. A ClientHello that carries a P-256 key too costs a starting JVM
 * 0.17 s. It is done by constraint, because java.net.http copies all of its SSLParameters but the named groups.
 */
final class OneGroup implements AlgorithmConstraints {

    private static final Pattern OTHERS = Pattern.compile("secp\\d+r\\d|x448|ffdhe\\d+|.*MLKEM.*", Pattern.CASE_INSENSITIVE);
    private static final Set<CryptoPrimitive> KEY_EXCHANGE = Set.of(CryptoPrimitive.KEY_AGREEMENT);

    @Override
    public boolean permits(Set<CryptoPrimitive> primitives, String algorithm, AlgorithmParameters parameters) {
        return !(primitives.equals(KEY_EXCHANGE) && OTHERS.matcher(algorithm).matches());
    }

    /** A certificate's key may be on any curve. */
    @Override
    public boolean permits(Set<CryptoPrimitive> primitives, Key key) {
        return true;
    }

    @Override
    public boolean permits(Set<CryptoPrimitive> primitives, String algorithm, Key key, AlgorithmParameters parameters) {
        return true;
    }
}
