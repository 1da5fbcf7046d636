using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>When a link sends its frames, and when publishers have waited long enough. The other node is a probe, and no timer runs out.</summary>
public sealed class NodeLinkSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private const int FrameSize = 4096;

    private static readonly UniqueAddress Self = new(new Address("akka.tcp", "mqtt", "host", 1), 1);
    private static readonly UniqueAddress Other = new(new Address("akka.tcp", "mqtt", "host", 2), 2);

    private readonly NodeTarget _target = new(1 << 20);
    private readonly TestProbe _node;
    private readonly IActorRef _link;
    private long _number; // of the link

    public NodeLinkSpec(ITestOutputHelper output)
        : base(TestSystem.ConfiguredWithRemoting(MqttCluster.DefaultConfig()).WithFallback(TestSystem.Configured()), "link", output)
    {
        var context = ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.Empty));
        var settings = MqttClusterSettings.Create(ConfigurationFactory.ParseString("frame-size = 4 KiB, window = 16 KiB, resend-interval = 10 minutes"));
        _node = CreateTestProbe();
        _link = Sys.ActorOf(NodeLinkActor.PropsFor(context, settings, _target, Sys.ActorSelection(_node.Ref.Path), 0, Self));
    }

    /// <summary>The link is open, and the frame with all filters has come.</summary>
    private async Task OpenAsync()
    {
        var open = await _node.ExpectMsgAsync<OpenLink>();
        _number = open.Link;
        _link.Tell(new LinkOpened(_number, 1, 0, open.Asked), _node);
        Assert.Equal(1, (await _node.ExpectMsgAsync<Frame>()).Number);
        _link.Tell(new FrameTaken(_number, 1), _node);
    }

    /// <summary>Publishes messages that fill a frame each.</summary>
    private void Publish(int count, Receipt? receipt = null)
    {
        var packets = Enumerable.Range(0, count).Select(static _ => new Publish("t", new byte[FrameSize + 100])).ToArray();
        _link.Tell(new NodeDelivery(new Deliver(_target, new MessageBatch(packets, false), 7), receipt), ActorRefs.NoSender);
    }

    [Fact]
    public async Task A_frame_that_a_message_has_filled_is_sent_at_once()
    {
        await OpenAsync();
        Publish(1);
        Assert.Equal(2, (await _node.ExpectMsgAsync<Frame>()).Number);
    }

    [Fact]
    public async Task A_step_of_a_move_does_not_wait_for_room_in_the_window_because_the_node_may_keep_what_fills_it_until_the_step_has_come()
    {
        await OpenAsync();
        Publish(10);
        for (var number = 2; number < 5; number++)
            Assert.Equal(number, (await _node.ExpectMsgAsync<Frame>()).Number);
        await _node.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _link.Tell(new MoveStep(MoveStepKind.Passed, new SessionKey("", null, "client"), 1, Self, Other));
        for (var number = 5; number < 13; number++)
            Assert.Equal(number, (await _node.ExpectMsgAsync<Frame>()).Number); // the last one has the step
        Publish(1);
        await _node.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _link.Tell(new FrameTaken(_number, 12), _node);
        Assert.Equal(13, (await _node.ExpectMsgAsync<Frame>()).Number);
    }

    [Fact]
    public async Task A_publisher_whose_messages_take_several_frames_waits_for_all_of_them_whichever_is_confirmed_first()
    {
        await OpenAsync();
        var receipt = new Receipt(TestActor);
        receipt.Add(_target);
        receipt.Seal();
        Publish(2, receipt);
        Assert.Equal(2, (await _node.ExpectMsgAsync<Frame>()).Number);
        Assert.Equal(3, (await _node.ExpectMsgAsync<Frame>()).Number);
        _link.Tell(new FrameSafe(_number, 3), _node);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _link.Tell(new FrameTaken(_number, 3), _node);
        await ExpectMsgAsync<Receipt>();
    }
}
