using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>What a node inherits of a lost one in the database that they share: which messages it writes, and who the heir is.</summary>
[Collection(PostgreSqlCollection.Name)]
public sealed class InheritanceSpec(PostgreSqlServer server) : SharedPostgreSqlNodes(server)
{
    [EngineFact]
    public async Task An_heir_writes_what_came_by_the_lost_node_before_the_cut_and_what_came_straight_since_and_only_for_its_sessions()
    {
        var (one, two) = (await Open(One), await Open(Two));
        var (inherited, own) = (await Begin(one, "a"), await Begin(two, "b"));
        var inheritance = Assert.Single(await two.Shared!.AdoptAsync([One], [Two]));
        var sender = new object();
        inheritance.Add(sender);
        Assert.False(inheritance.Close());
        StoreOp.Queued Of(long turn, Inheritance? heir, object? node, SharedKey? share = null) =>
            Queued(two, $"{turn} {(heir is null ? "straight" : "inherited")}", inherited, own) with
            {
                Origin = new FlushOrigin(node, turn) { Heir = heir }, Shares = share is null ? null : [share],
            };
        await two.Write(Of(4, null, sender)); // its cut is not known: it comes as inheritance too
        inheritance.Cut(sender, 5);
        await two.Write(
            Of(4, inheritance, sender), Of(5, inheritance, sender), Of(5, null, sender), Of(1, null, null), // this node has nothing for the lost one
            Of(6, inheritance, sender, new SharedKey("g", "#")));
        Assert.True(inheritance.End(sender));
        await two.Shared.EndAsync(inheritance);
        await two.Write(Of(3, null, sender));
        Assert.Equal(["4 inherited", "5 straight", "1 straight", "6 inherited", "3 straight"], await TopicsOf(two, inherited));
        Assert.Equal(["4 straight", "5 straight", "1 straight", "3 straight"], await TopicsOf(two, own));
    }

    [EngineFact]
    public async Task An_heir_knows_how_far_the_lost_node_had_come_with_what_others_sent_it()
    {
        var (one, two) = (await Open(One), await Open(Two));
        var session = await Begin(one);
        await one.Write(Queued(one, "1", session), new StoreOp.LinkTaken(Three, new LinkPosition(7, 8, 9)));
        await one.Write(Queued(one, "2", session), new StoreOp.LinkTaken(Three, new LinkPosition(7, 9, 2)));
        var inheritance = Assert.Single(await two.Shared!.AdoptAsync([One], [Two]));
        Assert.Equal([One], inheritance.Nodes);
        Assert.True(inheritance.Has(session));
        Assert.True(inheritance.IsTaken(One, Three, new LinkPosition(7, 8, 100)) && inheritance.IsTaken(One, Three, new LinkPosition(7, 9, 2)));
        Assert.False(
            inheritance.IsTaken(One, Three, new LinkPosition(7, 9, 3)) || inheritance.IsTaken(One, Three, new LinkPosition(6, 1, 1))
            || inheritance.IsTaken(One, Two, new LinkPosition(7, 1, 1)));
        await two.Shared.EndAsync(inheritance);
        Assert.Equal(0, await Scalar("SELECT count(*) FROM akka_mqtt.link"));
    }

    [EngineFact]
    public async Task An_heir_of_an_heir_has_both_and_one_that_is_done_leaves_nothing()
    {
        var (one, two, three) = (await Open(One), await Open(Two), await Open(Three));
        await Begin(one);
        Assert.Single(await two.Shared!.AdoptAsync([One], [Two, Three]));
        var inheritance = Assert.Single(await three.Shared!.AdoptAsync([One, Two], [Three]));
        Assert.Equal([Two, One], inheritance.Nodes);
        await three.Shared.EndAsync(inheritance);
        // Nobody has anything for them: whoever keeps messages for them may forget them.
        Assert.All(await three.Shared.AdoptAsync([One, Two], [Three]), static each => Assert.Empty(each.Sessions));
    }

    [EngineFact]
    public async Task A_node_that_starts_again_inherits_from_its_earlier_process()
    {
        var one = await Open(One);
        Assert.Null(one.Shared!.AtStart);
        var session = await Begin(one);
        var again = await Open(One + "0");
        var inheritance = again.Shared!.AtStart!;
        Assert.Equal([One], inheritance.Nodes);
        Assert.Equal(session, Assert.Single(inheritance.Sessions).Session);
        Assert.Empty(await again.Shared.AdoptAsync([One], [One + "0"])); // it is not to be forgotten
        inheritance.Add(this);
        await again.Write(Queued(again, "1", session) with { Origin = new FlushOrigin(this, 1) });
        Assert.True(inheritance.End(this) | inheritance.Close());
        await again.Shared.EndAsync(inheritance);
        Assert.Null(again.Shared.AtStart);
        Assert.Empty(await TopicsOf(again, session));
    }

    [EngineFact]
    public async Task A_node_that_was_started_again_and_is_no_member_yet_is_found_also_without_sessions()
    {
        var (one, two) = (await Open(One), await Open(Two));
        await Begin(one);
        var again = await Open(One + "0");
        Assert.Empty(await two.Shared!.AdoptAsync([One], [Two]));
        Assert.Equal([One + "0"], await two.Shared.FindStartingAsync([One], [Two]));
        Assert.Empty(await two.Shared.FindStartingAsync([One], [Two, One + "0"]));
        Assert.Empty(await two.Shared.FindStartingAsync([], [Two]));
        var later = await Open(One + "1"); // it was started once more
        Assert.Equal([One + "1"], await two.Shared.FindStartingAsync([One], [Two]));
        await Scalar("DELETE FROM akka_mqtt.session RETURNING 1");
        Assert.Equal([One + "1"], await two.Shared.FindStartingAsync([One], [Two])); // publishers wait for the heir of the lost node
        Assert.Equal([One + "1"], (await two.Shared.AdoptAsync([One + "1"], [Two])).SelectMany(static each => each.Nodes).Take(1));
        Assert.Empty(await two.Shared.FindStartingAsync([One], [Two]));
    }
}
