using Akka.Actor;
using Akka.Cluster;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Stores;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>What the heir of a lost node takes, and when it has everything.</summary>
public sealed class HeirsSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private const string Lost = "lost#1";

    private static readonly UniqueAddress Self = Node(1);
    private static readonly object Sender = new();

    private readonly Heirs _heirs;
    private readonly NodeTarget _other = new(1000);

    public HeirsSpec(ITestOutputHelper output)
        : base(output: output)
    {
        _heirs = new Heirs(Self) { Directory = TestActor };
        _heirs.SetLinks(new Dictionary<UniqueAddress, NodeLink> { [Node(2)] = new(Sys.DeadLetters, _other, _other.Forward) });
    }

    [Fact]
    public async Task The_first_step_that_a_node_gets_names_all_nodes_for_which_the_other_one_has_messages()
    {
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        var (added, other) = (new NodeState(_other) { Link = first.Ref }, new NodeState(new NodeTarget(1000)) { Link = second.Ref });
        var nodes = new LostNodes(new FlushGate(), _heirs, Self, TestActor, static _ => null);
        nodes.Add(Lost, new NodeState(new NodeTarget(1000)));
        nodes.Begin(Node(2), added.Link, new Dictionary<UniqueAddress, NodeState> { [Node(2)] = added, [Node(3)] = other });
        // Otherwise an heir that has just started believes that nobody has anything for the lost node.
        Assert.Equal([DurableMoves.NameOf(Node(2)), DurableMoves.NameOf(Node(3)), Lost], (await first.ExpectMsgAsync<HeirStep>()).Nodes);
        Assert.Equal([DurableMoves.NameOf(Node(2))], (await second.ExpectMsgAsync<HeirStep>()).Nodes);
        await first.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public void What_a_node_flushed_before_its_cut_is_taken_as_inheritance_and_the_rest_when_it_comes_straight()
    {
        var inheritance = Inheritance();
        inheritance.Add(Sender);
        Assert.False(inheritance.Takes(Straight(1)));
        inheritance.Cut(Sender, 5);
        Assert.False(inheritance.Takes(Straight(4)));
        Assert.True(inheritance.Takes(Straight(5)));
        Assert.True(inheritance.Takes(Inherited(inheritance, 4)));
        Assert.False(inheritance.Takes(Inherited(inheritance, 5)));
    }

    [Fact]
    public void A_message_that_the_writer_sees_after_everything_has_come_is_judged_as_when_it_came()
    {
        var inheritance = Inheritance();
        inheritance.Add(Sender);
        inheritance.Close();
        inheritance.Cut(Sender, 5);
        Assert.True(inheritance.End(Sender));
        Assert.False(inheritance.Takes(Straight(4)));
        Assert.True(inheritance.Takes(Straight(5)));
    }

    [Fact]
    public void A_node_that_has_nothing_for_the_lost_one_sends_everything_straight()
    {
        var inheritance = Inheritance();
        Assert.True(inheritance.Takes(Straight(1)));
    }

    [Fact]
    public async Task An_heir_has_everything_when_all_nodes_that_sent_to_the_lost_one_have_said_so()
    {
        Know(Lost);
        var inheritance = Inheritance();
        _heirs.Begin(inheritance, isOpen: false);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _heirs.Receive(_other, new HeirStep(HeirStepKind.Cut, 7, 3, []));
        _heirs.Receive(_other, new HeirStep(HeirStepKind.End, 7, 3, []));
        Assert.Same(inheritance, (await ExpectMsgAsync<Heirs.Inherited>()).Inheritance);
    }

    [Fact]
    public async Task An_heir_waits_for_a_node_that_has_not_said_to_whom_it_sends()
    {
        var inheritance = Inheritance();
        _heirs.Begin(inheritance, isOpen: false);
        Assert.Same(_other, Assert.Single(inheritance.Missing));
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        Know("another#2");
        Assert.Same(inheritance, (await ExpectMsgAsync<Heirs.Inherited>()).Inheritance);
    }

    [Fact]
    public async Task An_heir_does_not_wait_for_what_was_kept_for_a_node_that_left_in_good_order()
    {
        Know(Lost);
        _heirs.Receive(_other, new HeirStep(HeirStepKind.Forgets, 0, 0, [Lost]));
        _heirs.Begin(Inheritance(), isOpen: false);
        await ExpectMsgAsync<Heirs.Inherited>();
    }

    [Fact]
    public async Task An_heir_does_not_wait_for_a_node_that_is_lost_too()
    {
        Know(Lost);
        _heirs.Begin(Inheritance(), isOpen: false);
        _heirs.SetLinks(new Dictionary<UniqueAddress, NodeLink>());
        await ExpectMsgAsync<Heirs.Inherited>();
    }

    [Fact]
    public void What_a_lost_node_has_committed_is_known_by_link_frame_and_message()
    {
        var taken = new LinkPosition(1, 5, 3);
        Assert.True(new LinkPosition(1, 5, 3).IsWithin(taken));
        Assert.True(new LinkPosition(1, 4, 9).IsWithin(taken));
        Assert.False(new LinkPosition(1, 5, 4).IsWithin(taken));
        Assert.False(new LinkPosition(1, 6, 1).IsWithin(taken));
        Assert.False(new LinkPosition(2, 1, 1).IsWithin(taken));
    }

    private static UniqueAddress Node(int port) => new(new Address("akka.tcp", "mqtt", "host", port), port);

    private static Inheritance Inheritance() => new(7, [Lost], [Session], new Dictionary<(string, string), LinkPosition>(), 100);

    private static StoredSession Session { get; }

    private static FlushOrigin Straight(long turn) => new(Sender, turn);

    private static FlushOrigin Inherited(Inheritance heir, long turn) => new(Sender, turn) { Heir = heir };

    private void Know(params string[] nodes) => _heirs.Receive(_other, new HeirStep(HeirStepKind.Knows, 0, 0, nodes));
}
