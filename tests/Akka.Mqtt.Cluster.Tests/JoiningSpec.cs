using Akka.Actor;
using Akka.Cluster;
using Akka.Mqtt.Cluster.Nodes;

namespace Akka.Mqtt.Cluster.Tests;

public sealed class JoiningSpec
{
    private static readonly UniqueAddress Self = Node(1);
    private static readonly UniqueAddress Second = Node(2);
    private static readonly UniqueAddress Third = Node(3);

    private static UniqueAddress Node(int port) => new(new Address("akka.tcp", "mqtt", "host", port), port);

    [Fact]
    public void The_first_node_of_a_cluster_waits_for_nobody()
    {
        var joining = new Joining(Self);
        Assert.False(joining.IsOver);
        joining.SetMembers([Self]);
        Assert.True(joining.IsOver);
    }

    [Fact]
    public void A_node_waits_for_the_filters_of_each_other_member()
    {
        var joining = new Joining(Self);
        joining.SetMembers([Second, Third, Self]);
        joining.Know(Second);
        Assert.False(joining.IsOver);
        Assert.Equal([Third], joining.Missing);
        joining.Know(Third);
        Assert.True(joining.IsOver);
    }

    [Fact]
    public void Filters_that_come_before_the_node_is_a_member_are_not_awaited_again()
    {
        var joining = new Joining(Self);
        joining.SetMembers([]);
        joining.Know(Second);
        joining.SetMembers([]);
        Assert.False(joining.IsOver);
        joining.SetMembers([Self, Second]);
        Assert.True(joining.IsOver);
    }

    [Fact]
    public void A_member_that_is_removed_is_not_awaited()
    {
        var joining = new Joining(Self);
        joining.SetMembers([Second, Third, Self]);
        joining.Know(Second);
        joining.SetMembers([Second, Self]);
        Assert.True(joining.IsOver);
    }

    [Fact]
    public void A_member_that_joins_while_others_are_awaited_is_awaited_too_and_later_ones_are_not()
    {
        var joining = new Joining(Self);
        joining.SetMembers([Second, Self]);
        joining.SetMembers([Second, Third, Self]);
        joining.Know(Second);
        Assert.False(joining.IsOver);
        joining.Know(Third);
        joining.SetMembers([Second, Third, Self, Node(4)]);
        Assert.True(joining.IsOver);
        Assert.Empty(joining.Missing);
    }

    [Fact]
    public void A_node_that_gives_up_takes_clients()
    {
        var joining = new Joining(Self);
        joining.SetMembers([Second, Self]);
        joining.GiveUp();
        Assert.True(joining.IsOver);
    }
}
