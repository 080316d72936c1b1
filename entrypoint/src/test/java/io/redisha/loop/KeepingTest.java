package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Data;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeepingTest {

    private static final Data WHOLE = new Data("d", 3, "master", "", -1, 100, true, true);

    private final List<Data> saved = new ArrayList<>();

    private final StateStore store = new StateStore() {
        @Override
        public Data load() {
            return WHOLE;
        }

        @Override
        public void save(Data data) {
            saved.add(data);
        }
    };

    /** The next process of the server finds nothing to cut off any more, and would say nothing. */
    @Test
    void writesAtOnceThatTheServerHasCutOffAnEndOfItsFiles() {
        Keeping keeping = new Keeping(store, WHOLE, 0);
        keeping.keep(WHOLE, 1, true);
        keeping.keep(WHOLE.cutOff(), 2, false);
        assertThat(saved).containsExactly(WHOLE, WHOLE.cutOff());
    }
}
