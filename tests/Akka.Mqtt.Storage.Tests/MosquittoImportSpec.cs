using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Tools;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>
/// The sample was written by Debian's mosquitto 2.0.11 at its end. Clients: <c>away</c> with two messages, <c>expires</c> in an hour, <c>three</c> of MQTT
/// 3.1.1 with a user, <c>inflight</c> with two messages that it has not acknowledged, <c>sender</c> with a QoS 2 message that it has not released.
/// </summary>
public sealed class MosquittoImportSpec : IAsyncLifetime
{
    private static readonly string Sample = Path.Combine(AppContext.BaseDirectory, "samples", "mosquitto-2.db");

    private readonly SqliteHost _host = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private async Task<StoredState> Import(string client)
    {
        await MosquittoImport.RunAsync(MosquittoDatabase.Read(Sample), new SqliteStorage(_host.Directory), _host.Time);
        var engine = await _host.Open();
        var sessions = await engine.LoadSessionsAsync().All();
        Assert.Equal(["away", "expires", "inflight", "sender", "three"], sessions.Select(each => each.Key.ClientId).Order(StringComparer.Ordinal));
        return (await engine.Read(sessions.Single(each => each.Key.ClientId == client).Session))!;
    }

    [Fact]
    public async Task A_client_that_is_away_keeps_its_subscriptions_and_messages()
    {
        var state = (await Import("away")).State;
        Assert.Equal((new SessionKey("", null, "away"), uint.MaxValue), (state.Key, state.Expiry));
        Assert.Equal(["a/#", "b/+"], state.Subscriptions.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([("a/1", "one"), ("b/2", "two")], state.Queue.Values.Select(each => (each.Packet.Topic, each.Packet.Payload.ToText())));
        var first = state.Queue.Values.First().Packet;
        Assert.Equal((QualityOfService.AtLeastOnce, "text", "v"), (first.QoS, first.Properties!.ContentType, first.Properties.UserProperties[0].Value));
        Assert.InRange(first.Properties.MessageExpiryInterval!.Value, 1U, 100_000_000U);
    }

    [Fact]
    public async Task The_expiry_of_a_session_counts_from_when_its_client_left()
    {
        var state = (await Import("expires")).State;
        Assert.Equal((3600U, false), (state.Expiry, state.IsConnected));
        Assert.InRange(state.ChangedAt, 1_790_000_000_000, _host.Now);
        Assert.Empty(state.Subscriptions); // its only one is shared, and mosquitto 2.0.11 does not write those
    }

    [Fact]
    public async Task Messages_in_flight_keep_their_packet_identifiers()
    {
        var stored = await Import("inflight");
        Assert.Equal([(ushort)1, (ushort)2], stored.State.InFlight.Select(each => each.Id));
        Assert.Equal(["f1", "f2"], stored.State.InFlight.Select(each => each.Message!.Value.Packet.Payload.ToText()));
        Assert.Null(stored.State.Owner); // mosquitto 2.0.11 writes the user of another client here
    }

    [Fact]
    public async Task The_user_who_made_a_session_is_kept() => Assert.Equal("ann", (await Import("three")).State.Owner);

    [Fact]
    public async Task A_QoS_2_message_that_is_not_released_goes_to_its_subscribers()
    {
        var held = (await Import("three")).State.Queue.Values.Select(each => each.Packet.Payload.ToText());
        Assert.Equal(["held"], held);
        Assert.Equal(1, _host.Scalar("SELECT count(*) FROM received WHERE packet_id = 7"));
    }

    [Fact]
    public async Task Retained_messages_are_kept_and_a_second_import_is_refused()
    {
        await Import("away");
        var engine = await _host.Open();
        var record = Assert.Single(await engine.LoadRetainedAsync().All());
        Assert.Equal(("ret/x", "kept", true), (record.Packet.Topic, record.Packet.Payload.ToText(), record.Packet.Retain));
        await engine.DisposeAsync();
        var error = await Assert.ThrowsAsync<MqttStorageException>(() =>
            MosquittoImport.RunAsync(MosquittoDatabase.Read(Sample), new SqliteStorage(_host.Directory), _host.Time));
        Assert.Contains("there are sessions already", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_or_is_none_is_refused()
    {
        var whole = File.ReadAllBytes(Sample);
        var path = Path.Combine(_host.Directory, "cut.db");
        for (var length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(path, whole[..length]);
            try
            {
                MosquittoDatabase.Read(path);
            }
            catch (MqttStorageException error)
            {
                Assert.Contains(path, error.Message, StringComparison.Ordinal);
            }
        }
        File.WriteAllBytes(path, [.. whole[..22], 5, .. whole[23..]]);
        Assert.Contains("has version 5", Assert.Throws<MqttStorageException>(() => MosquittoDatabase.Read(path)).Message, StringComparison.Ordinal);
    }
}
