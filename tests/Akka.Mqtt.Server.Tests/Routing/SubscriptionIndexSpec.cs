using System.Text;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Stores;
using CsCheck;

namespace Akka.Mqtt.Server.Tests;

public class SubscriptionIndexSpec
{
    private static ActorTarget Target(string clientId = "c") => new(clientId, ActorRefs.Nobody, 1000);

    private static Subscriber By(ActorTarget target, QualityOfService qos = QualityOfService.AtMostOnce) => new(target, qos, false, false, 0);

    private static List<Subscriber> Match(SubscriptionIndex index, string topic)
    {
        var matches = new SubscriptionIndex.Matches();
        index.Match(topic, matches);
        var found = new List<Subscriber>();
        foreach (var subscribers in matches.Found)
            found.AddRange(subscribers is Subscriber one ? [one] : ((ManySubscribers)subscribers).Members.All);
        return found;
    }

    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "a/b/c", false)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("#", "a/b", true)]
    [InlineData("#", "$SYS/a", false)]
    [InlineData("+/a", "$SYS/a", false)]
    [InlineData("$SYS/#", "$SYS/a", true)]
    [InlineData("$SYS/+", "$SYS/a", true)]
    [InlineData("+", "/a", false)]
    [InlineData("+/+", "/a", true)]
    [InlineData("/+", "/a", true)]
    [InlineData("a/+", "a/", true)]
    [InlineData("a/+/c", "a//c", true)]
    [InlineData("A", "a", false)]
    public void It_matches_as_the_standard_says(string filter, string topic, bool matches) =>
        Assert.Equal(matches, Match(SubscriptionIndex.Empty.With(filter, null, By(Target())), topic).Count == 1);

    [Fact]
    public void A_later_subscription_of_the_same_filter_and_session_replaces()
    {
        var target = Target();
        var index = SubscriptionIndex.Empty.With("a", null, By(target)).With("a", null, By(target, QualityOfService.ExactlyOnce));
        Assert.Equal(QualityOfService.ExactlyOnce, Assert.Single(Match(index, "a")).QoS);
    }

    [Fact]
    public void A_snapshot_does_not_change_when_another_is_made_of_it()
    {
        var target = Target();
        var before = SubscriptionIndex.Empty.With("a/b", null, By(target));
        var after = before.Without("a/b", null, target);
        Assert.Single(Match(before, "a/b"));
        Assert.Empty(Match(after, "a/b"));
    }

    [Fact]
    public void Removing_what_is_not_there_changes_nothing()
    {
        var target = Target();
        var index = SubscriptionIndex.Empty.With("a/b", null, By(target));
        Assert.Single(Match(index.Without("a/b/c", null, target).Without("a", null, target).Without("a/b", null, Target()).Without("a/b", "g", target), "a/b"));
    }

    [Fact]
    public void Many_subscribers_of_one_filter_and_many_filters_below_one_level_are_all_found_and_all_removed()
    {
        var targets = Enumerable.Range(0, 500).Select(at => Target($"c{at}")).ToArray();
        var index = SubscriptionIndex.Empty;
        for (var at = 0; at < targets.Length; at++)
            index = index.With("all", null, By(targets[at])).With($"one/{at}", null, By(targets[at]));
        Assert.Equal(500, Match(index, "all").Count);
        for (var at = 0; at < targets.Length; at++)
            Assert.Same(targets[at], Assert.Single(Match(index, $"one/{at}")).Target);
        for (var at = 0; at < targets.Length; at++)
        {
            index = index.Without("all", null, targets[at]).Without($"one/{at}", null, targets[at]);
            Assert.Equal(499 - at, Match(index, "all").Count);
            Assert.Empty(Match(index, $"one/{at}"));
        }
    }

    [Fact]
    public void A_shared_group_takes_turns_among_connected_members()
    {
        var (one, two, away) = (Target("1"), Target("2"), Target("3"));
        one.IsConnected = two.IsConnected = true;
        var index = SubscriptionIndex.Empty.With("a", "g", By(one)).With("a", "g", By(away)).With("a", "g", By(two));
        var matches = new SubscriptionIndex.Matches();
        index.Match("a", matches);
        var group = Assert.Single(matches.Found.OfType<ManySubscribers>().SelectMany(all => all.Groups));
        var chosen = Enumerable.Range(0, 30).Select(_ => group.Choose(SharedSubscriptionStrategy.RoundRobin, "p", "t")!.Target).ToList();
        Assert.DoesNotContain(away, chosen);
        Assert.InRange(chosen.Count(target => target == one), 10, 20);
        one.IsConnected = two.IsConnected = false;
        Assert.Equal(3, Enumerable.Range(0, 3).Select(_ => group.Choose(SharedSubscriptionStrategy.RoundRobin, "p", "t")!.Target).Distinct().Count());
    }

    [Fact]
    public void It_equals_a_naive_matcher_after_any_changes()
    {
        var change = Gen.Select(GenText.Filter, Gen.Int[0, 3], Gen.Bool);
        Gen.Select(change.Array[0, 40], GenText.Topic.Array[1, 20]).Sample((changes, topics) =>
        {
            var targets = Enumerable.Range(0, 4).Select(at => Target($"c{at}")).ToArray();
            var index = SubscriptionIndex.Empty;
            var naive = new HashSet<(string Filter, int Target)>();
            foreach (var (text, who, add) in changes)
            {
                index = add ? index.With(text, null, By(targets[who])) : index.Without(text, null, targets[who]);
                _ = add ? naive.Add((text, who)) : naive.Remove((text, who));
            }
            foreach (var name in topics)
            {
                var expected = naive.Where(each => TopicFilter.Matches(each.Filter, name)).Select(each => $"c{each.Target}").Order();
                Assert.Equal(expected, Match(index, name).Select(each => each.Target.ClientId).Order());
            }
        });
    }

    [Fact]
    public void An_index_that_is_built_at_once_is_like_one_that_has_grown_and_grows_on()
    {
        var set = Gen.Select(GenText.Filter, Gen.Int[1, 4], Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[0, 3]);
        Gen.Select(set.Array[0, 60], GenText.Topic.Array[1, 20]).Sample((generatedSets, topics) =>
        {
            // A storage has a session's subscription to a filter once.
            var sets = generatedSets.DistinctBy(each => (each.Item1, each.Item2, each.Item3, each.Item5 == 0)).ToArray();
            var targets = Durable();
            var grown = SubscriptionIndex.Empty;
            var builder = new IndexBuilder(targets);
            foreach (var (generated, who, share, identifier, odd) in sets)
            {
                var text = odd == 0 ? $"\u00e9/{generated}" : generated; // beside ASCII
                var options = (StoredOptions)(who % 3) | (share == 0 ? 0 : StoredOptions.Shared);
                grown = grown.With(text, share == 0 ? null : $"g{share}", new Subscriber(targets, who, options, (uint)identifier));
                builder.Add(Encoding.UTF8.GetBytes(share == 0 ? text : $"$share/g{share}/{text}"), who, options, (uint)identifier);
            }
            var built = builder.Build();
            Assert.Equal(grown.Version, built.Version);
            foreach (var name in topics.Concat(topics.Select(each => $"\u00e9/{each}")))
            {
                Assert.Equal(Found(grown, name), Found(built, name));
                Assert.Equal(Match(built, name).ToHashSet(ReferenceEqualityComparer.Instance), Match(built, name).ToHashSet(ReferenceEqualityComparer.Instance));
            }
            Assert.Equal(grown.LocalFilters().Order(), built.LocalFilters().Order());
            foreach (var (generated, who, share, _, odd) in sets)
            {
                var text = odd == 0 ? $"\u00e9/{generated}" : generated;
                Assert.Equal(grown.HasLocal(text, share == 0 ? null : $"g{share}"), built.HasLocal(text, share == 0 ? null : $"g{share}"));
                built = built.Without(text, share == 0 ? null : $"g{share}", targets.Of(who));
                grown = grown.Without(text, share == 0 ? null : $"g{share}", targets.Of(who));
                Assert.Equal(Found(grown, topics[0]), Found(built, topics[0]));
            }
            Assert.True(built.IsEmpty);
        });
    }

    [Fact]
    public void An_index_of_very_many_filters_that_is_built_at_once_finds_each_of_them_alone()
    {
        const int Count = 60_000; // more than one thread builds alone
        var targets = Durable();
        var builder = new IndexBuilder(targets);
        for (var at = 0; at < Count; at++)
            builder.Add(Encoding.UTF8.GetBytes($"devices/{at}/set"), 1 + (at % 2), StoredOptions.None, 0);
        for (var at = 0; at < Count; at += 1000)
            builder.Add(Encoding.UTF8.GetBytes($"devices/{at}/set"), 3, StoredOptions.None, 0);
        var built = builder.Build();
        for (var at = 0; at < Count; at++)
        {
            var found = Match(built, $"devices/{at}/set").Select(each => each.Session).Order();
            Assert.Equal(at % 1000 == 0 ? [1 + (at % 2), 3] : [1L + (at % 2)], found);
        }
        Assert.Empty(Match(built, $"devices/{Count}/set"));
        Assert.Empty(Match(built, "devices/1"));
        Assert.True(builder.Build().IsEmpty);
    }

    [Fact]
    public void Filters_as_long_as_the_standard_allows_are_built_and_found()
    {
        var builder = new IndexBuilder(Durable());
        var filter = new string('a', 65_530) + "/x/+";
        builder.Add(Encoding.UTF8.GetBytes("short/1"), 1, StoredOptions.None, 0);
        builder.Add(Encoding.UTF8.GetBytes(filter), 2, StoredOptions.None, 0);
        builder.Add(Encoding.UTF8.GetBytes($"long/{filter[..65_000]}/#"), 3, StoredOptions.None, 0);
        Assert.Throws<InvalidDataException>(() => builder.Add(new byte[65_536], 4, StoredOptions.None, 0));
        var built = builder.Build();
        Assert.Equal(2, Assert.Single(Match(built, filter[..^1] + "y")).Session);
        Assert.Equal(3, Assert.Single(Match(built, $"long/{filter[..65_000]}/y/z")).Session);
        Assert.Empty(Match(built, filter[..^4]));
    }

    private static DurableTargets Durable() =>
        new() { Make = static (session, _) => new ActorTarget($"c{session}", ActorRefs.Nobody, 1000) { Session = session } };

    private static List<string> Found(SubscriptionIndex index, string topic) => [.. Match(index, topic)
        .Select(each => $"{each.Target.ClientId} {each.QoS} {each.Identifier} {each.NoLocal} {each.RetainAsPublished}").Order()];

    [Fact]
    public void Every_snapshot_stays_as_it_was_whatever_is_made_of_it()
    {
        var change = Gen.Select(GenText.Filter, Gen.Int[0, 2], Gen.Bool);
        Gen.Select(change.Array[0, 30], GenText.Topic.Array[1, 10]).Sample((changes, topics) =>
        {
            var targets = Enumerable.Range(0, 3).Select(at => Target($"c{at}")).ToArray();
            var index = SubscriptionIndex.Empty;
            var snapshots = new List<(SubscriptionIndex Index, List<string> Found)>();
            List<string> Found(SubscriptionIndex of) =>
                [.. topics.SelectMany(name => Match(of, name).Select(each => $"{name} {each.Target.ClientId}")).Order()];
            foreach (var (text, who, add) in changes)
            {
                snapshots.Add((index, Found(index)));
                index = add ? index.With(text, null, By(targets[who])) : index.Without(text, null, targets[who]);
            }
            foreach (var (snapshot, found) in snapshots)
                Assert.Equal(found, Found(snapshot));
        });
    }

    [Fact]
    public void What_is_removed_leaves_nothing_behind()
    {
        Gen.Select(GenText.Filter, Gen.Int[0, 2], Gen.Int[0, 2]).Array[0, 30].Sample(generated =>
        {
            var changes = generated.Select(each => (Text: each.Item1, Who: each.Item2, Share: each.Item3 == 0 ? null : $"g{each.Item3}")).ToList();
            var targets = Enumerable.Range(0, 3).Select(at => Target($"c{at}")).ToArray();
            var index = SubscriptionIndex.Empty;
            foreach (var (text, who, share) in changes)
                index = index.With(text, share, By(targets[who]));
            Assert.All(changes.Where(each => each.Share is not null), each => Assert.NotNull(index.Find(new SharedKey(each.Share!, each.Text))));
            foreach (var (text, who, share) in changes)
                index = index.Without(text, share, targets[who]);
            Assert.True(index.IsEmpty);
        });
    }

    [Fact]
    public void Groups_of_a_filter_are_found_beside_subscribers_of_their_own()
    {
        var (one, two) = (Target("1"), Target("2"));
        var index = SubscriptionIndex.Empty.With("a/b/c", null, By(one)).With("a/b/c", "g", By(two)).With("a/b/d", "g", By(one));
        Assert.Same(two, index.Find(new SharedKey("g", "a/b/c"))!.Members.All[0].Target);
        Assert.Null(index.Find(new SharedKey("h", "a/b/c")));
        Assert.Null(index.Find(new SharedKey("g", "a/b")));
        Assert.Null(index.Find(new SharedKey("g", "a/b/c/d")));
        Assert.Same(one, Assert.Single(Match(index, "a/b/c")).Target);
    }
}
