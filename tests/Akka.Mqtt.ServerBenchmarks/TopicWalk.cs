using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.ServerBenchmarks;

/// <summary>A publisher that walks through topics: what a message costs from its chunk to the mailbox of the session when no cache can hold its topic.</summary>
internal static class TopicWalk
{
    private const int Batch = 64;

    public static void Run(int topics)
    {
        Rounds.Print($"a publisher that walks through N topics in batches of {Batch}");
        Rounds.Print($"{"",-44}{"ns a message",16}{"bytes",10}");
        foreach (var count in (int[])[1, 100, 10_000, topics])
        {
            Run($"{count:N0} topics, one subscriber by a wildcard", count, index => index.With("load/+/+", null, By("c")));
            Run($"{count:N0} topics, each has a subscriber", count, index =>
            {
                for (var at = 0; at < count; at++)
                    index = index.With($"load/1/{at}", null, By($"c{at}"));
                return index;
            });
        }

        Run($"{topics:N0} topics, two subscribers by wildcards", topics, index => index.With("load/+/+", null, By("c")).With("load/#", null, By("d")));
        Run($"{topics:N0} topics, nobody subscribes", topics, index => index.With("other/#", null, By("c")));
    }

    private static Subscriber By(string client) => new(new ActorTarget(client, new Sink(client), 1_000_000), QualityOfService.AtMostOnce, false, false, 0);

    private static void Run(string name, int topics, Func<SubscriptionIndex, SubscriptionIndex> subscribe)
    {
        var context = ServerContext.Create(MqttServerSettings.Create(Configuration.ConfigurationFactory.Empty));
        context.Routing.Current = subscribe(SubscriptionIndex.Empty);
        var packets = Enumerable.Range(0, topics).Select(at => new Publish($"load/1/{at}", new byte[64])).ToArray();
        var (publisher, next) = (new Publisher(context, "p"), 0);
        var figures = Rounds.Compare(times =>
        {
            for (; times > 0; times--)
            {
                for (var at = 0; at < Batch; at++)
                {
                    publisher.Add(packets[next]);
                    next = next + 1 == packets.Length ? 0 : next + 1;
                }

                publisher.Flush();
            }
        })[0];
        Rounds.Print($"{name,-44}{figures.Nanoseconds / Batch,16:F1}{figures.Bytes / Batch,10:F0}");
    }
}
