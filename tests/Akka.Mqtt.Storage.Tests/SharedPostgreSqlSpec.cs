using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.PostgreSql.Database;
using Npgsql;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>Several nodes of a cluster in one database: each session has one home, and a node that has lost its lease writes nothing.</summary>
[Collection(PostgreSqlCollection.Name)]
public sealed class SharedPostgreSqlSpec(PostgreSqlServer server) : SharedPostgreSqlNodes(server)
{
    private static readonly IOriginFilter All = new Turns(static _ => true);

    [EngineFact]
    public async Task Each_node_has_its_own_sessions_and_a_server_that_is_alone_is_refused()
    {
        var (one, two) = (await Open(One), await Open(Two));
        await Begin(one, "a");
        await Begin(two, "b");
        Assert.Equal(["a"], await ClientsOf(one));
        Assert.Equal(["b"], await ClientsOf(two));
        Assert.Contains("is used by another server", (await Assert.ThrowsAsync<MqttStorageException>(() => Open(null))).Message, StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task What_a_node_appends_for_a_session_of_another_node_is_not_written()
    {
        var (one, two) = (await Open(One), await Open(Two));
        var session = await Begin(one);
        await two.Write(Queued(two, "foreign", session), new StoreOp.Ended(session));
        await one.Write(Queued(one, "own", session));
        Assert.Equal(["own"], await TopicsOf(one, session));
        Assert.Null(await two.Read(session));
    }

    [EngineFact]
    public async Task A_session_moves_with_what_the_node_before_writes_until_it_leaves_and_in_order()
    {
        var (one, two) = (await Open(One), await Open(Two));
        var session = await Begin(two);
        await two.Write(Queued(two, "1", session));
        Assert.Equal("a", (await two.Shared!.GiveUpAsync(session, All))!.Value.Key.ClientId);
        Assert.False(await two.Shared.IsClaimedAsync(session));
        var claimed = await one.Shared!.ClaimAsync(session, Two, All);
        Assert.Equal("#", Assert.Single(claimed!.Value.Subscriptions).Options.Filter);
        Assert.False(await two.Shared.IsClaimedAsync(session)); // publishers of node one do not find it yet
        await one.Shared.ReadyAsync(session);
        Assert.True(await two.Shared.IsClaimedAsync(session));
        await two.Write(Queued(two, "2", session));
        await one.Write(Queued(one, "3", session)); // node one began before node two, so that its identities were lower
        Assert.Empty(await one.Shared.FindSettledAsync([session]));
        await two.Shared.LeaveAsync(session, All);
        Assert.Equal([session], await one.Shared.FindSettledAsync([session]));
        await two.Write(Queued(two, "late", session));
        Assert.Equal(["1", "2", "3"], await TopicsOf(one, session));
        Assert.Equal(2, await Scalar("SELECT home_epoch + 1 FROM akka_mqtt.session"));
    }

    [EngineFact]
    public async Task While_a_session_moves_each_message_is_written_by_one_node_in_the_order_of_its_publisher()
    {
        var (two, one) = (await Open(Two), await Open(One));
        var session = await Begin(one);
        var before = new Turns(static turn => turn < 5);
        var after = new Turns(static turn => turn >= 5);
        await one.Shared!.GiveUpAsync(session, before);
        Assert.NotNull(await two.Shared!.ClaimAsync(session, One, after));
        await two.Shared.ReadyAsync(session);
        StoreOp.Queued Of(IStorageEngine engine, long turn, SharedKey? share = null) =>
            Queued(engine, $"{turn}", session) with { Origin = new FlushOrigin(null, turn), Shares = share is null ? null : [share] };
        // Both nodes get all of them; node two has lower identities, and the session has no message yet.
        await two.Write(Of(two, 4), Of(two, 5), Of(two, 6));
        await one.Write(Of(one, 4), Of(one, 5), Of(one, 6), Of(one, 7, new SharedKey("g", "#")));
        await one.Shared.LeaveAsync(session, before);
        await two.Shared.TakeAllAsync(session, after);
        await two.Write(Of(two, 3));
        Assert.Equal(["4", "7", "5", "6", "3"], await TopicsOf(two, session));
    }

    [EngineFact]
    public async Task A_session_that_stays_after_all_gets_all_messages_again()
    {
        var one = await Open(One);
        var session = await Begin(one);
        var none = new Turns(static _ => false);
        await one.Shared!.GiveUpAsync(session, none);
        await one.Write(Queued(one, "1", session) with { Origin = new FlushOrigin(null, 1) });
        await one.Shared.TakeAllAsync(session, none);
        await one.Write(Queued(one, "2", session) with { Origin = new FlushOrigin(null, 1) });
        Assert.Equal(["2"], await TopicsOf(one, session));
    }

    [EngineFact]
    public async Task The_end_of_a_move_leaves_the_filter_of_the_next_one()
    {
        var one = await Open(One);
        var session = await Begin(one);
        var (present, next) = (new Turns(static _ => true), new Turns(static _ => false));
        await one.Shared!.GiveUpAsync(session, present);
        // In one commit, or in two: the next move begins before the end of the present one is committed.
        var given = one.Shared.GiveUpAsync(session, next);
        await Task.WhenAll(given, one.Shared.TakeAllAsync(session, present));
        await one.Write(Queued(one, "1", session) with { Origin = new FlushOrigin(null, 1) });
        await one.Shared.LeaveAsync(session, present);
        await one.Write(Queued(one, "2", session) with { Origin = new FlushOrigin(null, 1) });
        Assert.Empty(await TopicsOf(one, session));
    }

    [EngineFact]
    public async Task A_node_that_adopts_a_session_for_which_it_writes_still_is_its_only_writer()
    {
        var (one, two) = (await Open(One), await Open(Two));
        var session = await Begin(one);
        await one.Shared!.GiveUpAsync(session, All);
        await two.Shared!.ClaimAsync(session, One, All);
        Assert.Single(await one.Shared.AdoptAsync([Two], [One]));
        Assert.Equal([session], await one.Shared.FindSettledAsync([session]));
    }

    [EngineFact]
    public async Task Of_two_nodes_one_gets_a_session()
    {
        var (one, two, three) = (await Open(One), await Open(Two), await Open(Three));
        var session = await Begin(one);
        var claims = await Task.WhenAll(two.Shared!.ClaimAsync(session, One, All), three.Shared!.ClaimAsync(session, One, All));
        Assert.Single(claims, static each => each is not null);
    }

    [EngineFact]
    public async Task The_sessions_of_a_lost_node_go_to_the_node_that_adopts_them_and_the_lost_node_writes_nothing_any_more()
    {
        var (one, two) = (await Open(One), await Open(Two));
        var session = await Begin(one, "a", isParked: false);
        await one.Write(Queued(one, "committed", session));
        Assert.Equal("a", Assert.Single(Assert.Single(await two.Shared!.AdoptAsync([One], [Two])).Sessions).Key.ClientId);
        var late = new AwaitedReceipt();
        one.Append(new StoreUnit([Queued(one, "late", session)], late));
        await one.Shared!.Lost.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(StorageHealth.Failing, one.Health);
        await Assert.ThrowsAsync<MqttStorageException>(() => one.Shared.GiveUpAsync(session, All));
        await two.Write(Queued(two, "new", session));
        Assert.Equal(["committed", "new"], await TopicsOf(two, session));
        Assert.Equal(0, late.Completions);
        Assert.Single(Host.Log, static line => line.Contains("writes nothing until it is started again", StringComparison.Ordinal));
    }

    [EngineFact]
    public async Task A_claim_of_a_session_that_was_adopted_meanwhile_gives_nothing()
    {
        var (one, two, three) = (await Open(One), await Open(Two), await Open(Three));
        var session = await Begin(one);
        await three.Shared!.AdoptAsync([One], []);
        Assert.Null(await two.Shared!.ClaimAsync(session, One, All));
    }

    [EngineFact]
    public async Task A_node_that_is_not_in_the_cluster_is_adopted_only_after_it_was_silent()
    {
        var (one, two) = (await Open(One), await Open(Two));
        await Begin(one);
        Assert.Empty(await two.Shared!.AdoptAsync([], [Two]));
        await Scalar("UPDATE akka_mqtt.run SET renewed = renewed - interval '60 s' RETURNING 1");
        Assert.Empty(await two.Shared.AdoptAsync([], [One, Two]));
        Assert.Single(await two.Shared.AdoptAsync([], [Two]));
    }

    [EngineFact]
    public async Task A_node_that_starts_again_at_its_address_has_its_sessions_and_fences_the_process_before()
    {
        var one = await Open(One);
        var session = await Begin(one);
        var again = await Open(One + "0");
        Assert.Equal(["a"], await ClientsOf(again));
        one.Append(new StoreUnit([Queued(one, "late", session)], null));
        await one.Shared!.Lost.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Empty(await TopicsOf(again, session));
    }

    [EngineFact]
    public async Task A_message_that_sessions_of_two_nodes_share_goes_with_the_last_of_them()
    {
        var (one, two) = (await Open(One), await Open(Two));
        var sessions = new[] { await Begin(one, "a"), await Begin(one, "b") };
        var messages = Enumerable.Range(0, 200).Select(_ => Queued(one, "t", sessions)).ToArray();
        await one.Write([.. messages]);
        await one.Shared!.GiveUpAsync(sessions[1], All);
        Assert.NotNull(await two.Shared!.ClaimAsync(sessions[1], One, All));
        var written = new List<Task>();
        foreach (var message in messages)
        {
            written.Add(one.Write(new StoreOp.Removed(sessions[0], [message.FirstMessage])));
            written.Add(two.Write(new StoreOp.Removed(sessions[1], [message.FirstMessage])));
        }
        await Task.WhenAll(written);
        Assert.Equal(0, await Scalar("SELECT count(*) FROM akka_mqtt.message"));
        Assert.Equal(0, await Scalar("SELECT count(*) FROM akka_mqtt.delivery"));
    }

    [EngineFact]
    public async Task Of_two_retained_messages_the_later_one_stays_whichever_is_committed_first()
    {
        var (one, two) = (await Open(One), await Open(Two));
        await two.Write(new StoreOp.RetainedSet(new RetainedRecord(new Publish("t", "later") { Retain = true }, Host.Now + 1, "p")));
        await one.Write(new StoreOp.RetainedSet(new RetainedRecord(new Publish("t", "earlier") { Retain = true }, Host.Now, "p")));
        Assert.Equal("later", Assert.Single(await one.LoadRetainedAsync().All()).Packet.Payload.ToText());
    }

    [EngineFact]
    public async Task The_database_ends_a_transaction_of_a_node_that_stands_still_so_that_its_lease_can_be_taken()
    {
        await using var source = NpgsqlDataSource.Create(Connection);
        await using var connection = PostgreSqlDatabase.Connect(source, "database", isShared: true);
        await using var command = new NpgsqlCommand("SHOW idle_in_transaction_session_timeout", connection);
        Assert.Equal(PostgreSqlShared.Patience, await command.ExecuteScalarAsync());
    }

    [EngineFact]
    public async Task A_server_that_is_alone_has_all_sessions_that_nodes_have_left_and_a_node_has_those_of_such_a_server()
    {
        var (one, two) = (await Open(One), await Open(Two));
        await Begin(one, "a");
        await Begin(two, "b");
        await one.DisposeAsync();
        await two.DisposeAsync();
        var alone = await Open(null);
        Assert.Equal(["a", "b"], await ClientsOf(alone));
        await Begin(alone, "c");
        await alone.DisposeAsync();
        Assert.Equal(["a", "b", "c"], await ClientsOf(await Open(Three)));
    }

    [EngineFact]
    public Task A_database_of_version_1_is_migrated_with_what_is_in_it() => Migrated(1);

    [EngineFact]
    public Task A_database_of_version_2_is_migrated_with_what_is_in_it() => Migrated(2);

    private async Task Migrated(int version)
    {
        await Scalar(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "samples", $"postgresql-{version}.sql")) + "; SELECT 1");
        var one = await Open(One);
        Assert.Equal(["a"], await ClientsOf(one));
        Assert.Equal(["a/b"], await TopicsOf(one, 7));
        Assert.Equal(3, await Scalar("SELECT value FROM akka_mqtt.meta WHERE key = 'version'"));
    }

    private sealed class Turns(Predicate<long> takes) : IOriginFilter
    {
        public bool Takes(in FlushOrigin origin) => takes(origin.Turn);
    }
}
