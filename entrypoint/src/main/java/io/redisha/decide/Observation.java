package io.redisha.decide;

import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.ServerView;
import java.util.List;
import java.util.Set;

/**
 * Everything a decision rests on; failures are facts in it.
 *
 * @param now      monotonic ns, the only clock
 * @param me       own state, as siblings are told
 * @param stillness of the own server
 * @param tenure   null while another leads, or nobody
 * @param lease    null before the first read
 * @param leader   last accepted heartbeat, null for none
 * @param leaderAt when it came
 * @param writing  a write of the Lease has not been answered
 * @param stopping the pod was told to stop
 * @param siblings answers of the others since this spell without a leader began, or (leading) within the last three heartbeats
 * @param rival    a sibling answered within the last three heartbeats that its server accepts writes
 * @param present  pods of the release that exist, null while the API server has not told
 * @param spell    since when there is no leader
 * @param booted   start of the agent
 * @param votes    who voted for {@code ballot}
 * @param ballot   term of the running ballot
 * @param chances  what better candidates were left to do
 * @param absent   members without a pod for long enough to be taken off the list
 * @param loading  siblings that have said of late that they load their data
 * @param cleared  the own server copies nobody who may still accept writes, and no fence over the network is waited for
 * @param patience ns by which promises should be extended, by the own strain and what is still owed (rule W4)
 * @param known    this member has itself seen a Lease
 * @param unacknowledged ns, for how long the own server may at most have had a write that no replica acknowledged (rule M8); 0 without a limit
 * @param ordered  what min-replicas-to-write was ordered to be and need not be yet; -1 for nothing
 * @param refusing ns, for how long the own master has refused its clients' writes, as it can't save (rule H7); 0 while it takes them, and for some
 *                 time after it was tried in vain to hand over
 * @param unreplicated ns, for how long no replica has acknowledged anything, by the own master (rule M4)
 */
public record Observation(long now, Policy policy, Identity self, MemberState me, ServerView server, Stillness stillness, Promise promise, Tenure tenure,
        LeaseSight lease, Heartbeat leader, long leaderAt, boolean writing, boolean stopping, List<MemberState> siblings, boolean rival, List<PodView> present,
        long spell, long booted, Set<MemberId> votes, long ballot, Chances chances, Set<MemberId> absent, Set<MemberId> loading, boolean cleared,
            long patience, boolean known, long unacknowledged, int ordered, long refusing, long unreplicated) {

    public boolean leaderHeard() {
        return leader != null && !promise.runOut(now);
    }
}
