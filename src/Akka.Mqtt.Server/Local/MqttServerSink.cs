using Akka.Mqtt.Protocol;
using Akka.Streams.Dsl;

namespace Akka.Mqtt.Server;

/// <summary>Ends of streams that publish at a server of this process.</summary>
public static class MqttServerSink
{
    /// <summary>
    /// Publishes what comes, in order, and as many at once as have come meanwhile. The next ones are taken when these are with all sessions that they are for, committed where a session
    /// is durable: that is the back-pressure. The task completes when the stream has ended and all of it is published.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="most">Most messages at once. 1 or more. Default: 1,000.</param>
    /// <returns>The sink. It fails with <see cref="MqttServerException"/> when the server refuses a message, and with <see cref="ObjectDisposedException"/> when it has stopped.</returns>
    public static Sink<Publish, Task<Done>> Publish(MqttServer server, int most = 1000)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return Flow.Create<Publish>()
            .Batch(most, static first => new List<Publish> { first }, static (batch, next) =>
            {
                batch.Add(next);
                return batch;
            })
            .SelectAsync(1, async batch =>
            {
                Check(batch, await server.PublishAsync(MqttList.From(batch)).ConfigureAwait(false));
                return NotUsed.Instance;
            })
            .ToMaterialized(Sink.Ignore<NotUsed>(), Keep.Right);
    }

    private static void Check(List<Publish> batch, MqttList<ReasonCode> codes)
    {
        for (var at = 0; at < codes.Count; at++)
        {
            if (codes[at] >= ReasonCode.UnspecifiedError)
                throw new MqttServerException($"The server refused a message to {LogText.Escape(batch[at].Topic)} with {codes[at]}.");
        }
    }
}
