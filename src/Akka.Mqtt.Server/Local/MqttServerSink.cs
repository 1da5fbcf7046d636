using Akka.Mqtt.Protocol;
using Akka.Streams.Dsl;

namespace Akka.Mqtt.Server;

/// <summary>Stream sinks that publish at a server of this process.</summary>
public static class MqttServerSink
{
    /// <summary>
    /// Publishes the elements of a stream in order. It publishes all elements that have arrived together, and requests more when these are
    /// with all sessions that receive them, and committed where a session is durable. The task completes when the stream has ended and all
    /// of it is published.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="most">The highest number of messages at once. 1 or more. Default: 1,000.</param>
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
