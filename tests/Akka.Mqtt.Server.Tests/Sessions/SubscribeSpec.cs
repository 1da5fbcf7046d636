using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;
using Akka.TestKit;

namespace Akka.Mqtt.Server.Tests;

/// <summary>When a subscription is in force. The session runs on the thread of the test, so that each message to it is one turn.</summary>
public class SubscribeSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private readonly ServerContext _context =
        ServerContext.Create(MqttServerSettings.Create(Config.Empty));

    private readonly TestProbe _connection;
    private readonly IActorRef _session;

    public SubscribeSpec()
    {
        _connection = CreateTestProbe();
        var key = new SessionKey("", null, "s");
        _session = Sys.ActorOf(SessionActor.PropsFor(_context, key).WithDispatcher(CallingThreadDispatcher.Id));
        var transport = new TransportInfo(MqttTransport.InMemory);
        _session.Tell(new SessionProtocol.Attach(1, new OpenSession(
            key,
            "s",
            CreateTestProbe(),
            _connection,
            transport,
            new Connect { ClientId = "s" },
            new ConnAck(ReasonCode.Success),
            new ClientIdentity("s", null, ""),
            _context.Security.Of(""),
            null,
            "",
            new ClientConnection(transport, MqttVersion.V311, null, 0, DateTimeOffset.UnixEpoch))));
        _connection.FishForMessage(message => message is Mqtt.Register);
    }

    private int Subscribers(string topic)
    {
        var matches = new SubscriptionIndex.Matches();
        _context.Routing.Current.Match(topic, matches);
        return matches.Found.Count;
    }

    [Fact]
    public void A_subscription_is_in_force_in_the_turn_in_which_the_session_handles_it()
    {
        Handle(new Subscribe(1, [new Subscription("a"), new Subscription("b/#")]));
        Assert.Equal(1, Subscribers("a"));
        Assert.Equal(1, Subscribers("b/c"));
        Handle(new Unsubscribe(2, ["a"]));
        Assert.Equal(0, Subscribers("a"));
        Assert.Equal(1, Subscribers("b/c"));
    }

    [Fact]
    public void What_a_client_publishes_in_the_same_chunk_behind_its_subscription_comes_to_it()
    {
        Handle(new Publish("a", "0"), new Subscribe(1, [new Subscription("a")]), new Publish("a", "1"), new Unsubscribe(2, ["a"]), new Publish("a", "2"));
        var sent = new List<MqttPacket>();
        _connection.FishForMessage(message =>
        {
            if (message is Mqtt.WriteBatch batch)
                sent.AddRange(batch.Packets);
            return sent.OfType<Publish>().Any();
        });
        Assert.Equal("1", Assert.Single(sent.OfType<Publish>()).Payload.ToText());
        Assert.IsType<SubAck>(sent[0]);
        Assert.IsType<UnsubAck>(sent[1]);
    }

    private void Handle(params MqttPacket[] packets) => _session.Tell(new Mqtt.Received([.. packets]), _connection);
}
