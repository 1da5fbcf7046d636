using Akka.Actor;
using Akka.Mqtt.Cli.Commands;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>Which node begins a cluster when all have the same name as their seed.</summary>
public class SeedChoiceSpec
{
    private static readonly Address One = Of("10.0.0.1");
    private static readonly Address Two = Of("10.0.0.2");
    private static readonly Address Three = Of("10.0.0.3");

    private static Address Of(string host) => new("akka.tcp", "mqtt", host, 4053);

    [Fact]
    public void The_node_with_the_first_address_is_in_front_when_the_name_has_the_same_addresses_again()
    {
        var choice = new SeedChoice(One);
        Assert.Equal([Two], choice.Next([Two, One]));
        Assert.Equal([One, Two], choice.Next([One, Two]));
    }

    [Fact]
    public void A_node_with_another_address_is_never_in_front()
    {
        var choice = new SeedChoice(Two);
        for (var at = 0; at < 3; at++)
            Assert.Equal([One, Two], choice.Next([Two, One]));
        Assert.Equal([One], choice.Next([One])); // the name has not got its address yet
    }

    [Fact]
    public void Of_nodes_that_start_at_once_and_see_only_themselves_at_first_one_alone_begins_a_cluster()
    {
        var (one, two) = (new SeedChoice(One), new SeedChoice(Two));
        Assert.Empty(one.Next([One]));
        Assert.Empty(two.Next([Two]));
        for (var at = 0; at < 2; at++)
            Assert.Equal([One, Two], two.Next([One, Two]));
        Assert.Equal([Two], one.Next([One, Two]));
        Assert.Equal([Two, Three], one.Next([One, Two, Three])); // it has changed again
        Assert.Equal([One, Two, Three], one.Next([One, Two, Three]));
    }
}
