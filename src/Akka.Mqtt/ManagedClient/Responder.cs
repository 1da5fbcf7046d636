using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Answers requests. A request is acknowledged when its answer is under way.</summary>
internal sealed class Responder(PublishProperties? properties, MqttClient client, Facade facade, Func<Publish, CancellationToken, Task<MqttBinary>> answer)
{
    private readonly ConcurrentDictionary<Delivery, Subscriber> _open = new(); // taken, and not acknowledged yet

    public async Task RunAsync(string topic, int parallelism, CancellationToken cancellationToken)
    {
        List<string> filters = topic.AsSpan().ContainsAny('+', '#') ? [topic] : [topic, RequestTopics.Requests(topic)];
        var subscribers = filters.ConvertAll(filter => new Subscriber(filter, facade.Settings.MaxUnhandledBytes));
        subscribers.ForEach(each => facade.Tell(new Facade.Add(each)));
        var requests = Channel.CreateBounded<Delivery>(parallelism);
        List<Task> handling = [];
        try
        {
            foreach (var filter in filters)
                await facade.Calls.SubscribeAsync(new Subscription(filter, QualityOfService.AtLeastOnce), cancellationToken).ConfigureAwait(false);
            for (var at = 0; at < parallelism; at++)
                handling.Add(HandleAllAsync(requests.Reader, cancellationToken));
            await Task.WhenAll(subscribers.Select(each => ReadAsync(each, requests.Writer, cancellationToken))).ConfigureAwait(false);
            requests.Writer.TryComplete();
            await Task.WhenAll(handling).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // asked for
        }
        finally
        {
            requests.Writer.TryComplete(); // also when the client has given up; otherwise the handling tasks would wait for ever
            await Task.WhenAll(handling).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
                .ConfigureAwait(false);
            foreach (var (request, subscriber) in _open)
                subscriber.Return(request); // the next responder receives them
            subscribers.ForEach(each => facade.Tell(new Facade.Remove(each)));
        }
    }

    private async Task ReadAsync(Subscriber subscriber, ChannelWriter<Delivery> requests, CancellationToken cancellationToken)
    {
        while (await subscriber.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (subscriber.TryTake(out var delivery))
            {
                _open[delivery] = subscriber;
                await requests.WriteAsync(delivery, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task HandleAllAsync(ChannelReader<Delivery> requests, CancellationToken cancellationToken)
    {
        await foreach (var request in requests.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await HandleAsync(request.Packet, cancellationToken).ConfigureAwait(false);
            _open.TryRemove(request, out _);
            request.Acknowledge(facade);
        }
    }

    private async Task HandleAsync(Publish request, CancellationToken cancellationToken)
    {
        var reply = RequestTopics.AnswerTo(request);
        using var span = MqttTracing.StartProcessing(request);
        try
        {
            var payload = await answer(request, cancellationToken).ConfigureAwait(false);
            reply = reply is null ? null : reply with { Payload = payload, Properties = WithContent(reply.Properties) };
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            span?.SetStatus(ActivityStatusCode.Error, failure.Message);
            if (request.Properties?.ResponseTopic is null)
                return; // no property can transmit it
            reply = reply! with { Properties = reply.Properties! with { UserProperties = [new UserProperty(RequestTable.ErrorProperty, TextOf(failure))] } };
        }
        try
        {
            if (reply is not null)
                await client.PublishAsync(reply, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is MqttClientException or ArgumentException or InvalidOperationException)
        {
            // It cannot be sent, for example with an invalid Response Topic: the requester receives nothing, and times out.
        }
    }

    /// <summary>The content properties of the serializer.</summary>
    private PublishProperties? WithContent(PublishProperties? reply) => properties is null
        ? reply
        : (reply ?? new PublishProperties()) with { ContentType = properties.ContentType, PayloadFormatIndicator = properties.PayloadFormatIndicator };

    // The text of other exceptions may contain internals, so it is not sent.
    private static string TextOf(Exception failure) => failure is MqttRequestException ? failure.Message : "The request could not be answered.";
}
