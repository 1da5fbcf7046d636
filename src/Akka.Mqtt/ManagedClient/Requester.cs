using System.Collections.Concurrent;
using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The requests of a client that wait for an answer, and the subscriptions by which answers come. Thread safe.</summary>
internal sealed class Requester(MqttClient client, Facade facade)
{
    // The user property by which a responder says that it failed.
    public const string ErrorProperty = "error";

    // Nobody else knows it: others cannot answer in somebody's place without having seen a request.
    private readonly string _name = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Publish>> _waiting = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task>> _subscribed = new(StringComparer.Ordinal);
    private long _last;

    /// <summary>How many requests wait for an answer.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Publishes a request, and waits for its answer.</summary>
    public async Task<Publish> AskAsync(Publish request, MqttRequestStyle style, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var number = Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
        var answer = new TaskCompletionSource<Publish>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[number] = answer;
        try
        {
            var byTopic = style == MqttRequestStyle.Topics;
            await SubscribedAsync(byTopic ? RequestTopics.Answers(request.Topic, _name) : $"response/{_name}").WaitAsync(limit.Token).ConfigureAwait(false);
            var sent = await client.PublishAsync(
                byTopic
                    ? request with { Topic = RequestTopics.OfRequest(request.Topic, _name, number) }
                    : request with
                    {
                        Properties = (request.Properties ?? new PublishProperties()) with
                        {
                            ResponseTopic = $"response/{_name}", CorrelationData = MqttBinary.FromText(number),
                        },
                    },
                limit.Token).ConfigureAwait(false);
            if (sent is MqttClient.Acked { ReasonCode: ReasonCode.NoMatchingSubscribers })
                throw new MqttRequestException($"Nobody has subscribed to {request.Topic}.");
            var reply = await Task.WhenAny(answer.Task, facade.WhenStopped).WaitAsync(limit.Token).ConfigureAwait(false) == answer.Task
                ? await answer.Task.ConfigureAwait(false)
                : throw new MqttClientException("The client has stopped.");
            foreach (var property in reply.Properties?.UserProperties ?? default)
            {
                if (property.Name == ErrorProperty)
                    throw new MqttRequestException(property.Value);
            }
            return reply;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No answer to the request {request.Topic} within {timeout}.");
        }
        finally
        {
            _waiting.TryRemove(number, out _);
        }
    }

    private Task SubscribedAsync(string filter) =>
        _subscribed.GetOrAdd(filter, static (name, self) => new Lazy<Task>(() => self.SubscribeAsync(name)), this).Value;

    private async Task SubscribeAsync(string filter)
    {
        var subscriber = new Subscriber(filter, facade.Settings.MaxUnhandledBytes);
        facade.Tell(new Facade.Add(subscriber));
        try
        {
            await client.SubscribeOnceAsync(new Subscription(filter, QualityOfService.AtLeastOnce)).ConfigureAwait(false);
        }
        catch
        {
            facade.Tell(new Facade.Remove(subscriber));
            _subscribed.TryRemove(filter, out _); // the next request tries again
            throw;
        }
        _ = ReadAsync(subscriber);
    }

    private async Task ReadAsync(Subscriber subscriber)
    {
        try
        {
            while (await subscriber.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (subscriber.TryTake(out var delivery))
                {
                    Take(delivery.Packet);
                    delivery.Acknowledge(facade);
                }
            }
        }
        catch (MqttClientException ended)
        {
            foreach (var (_, waiting) in _waiting)
                waiting.TrySetException(ended);
        }
    }

    private void Take(Publish answer)
    {
        var number = answer.Properties?.CorrelationData is { } data ? data.ToText() : RequestTopics.NumberOf(answer.Topic);
        if (!_waiting.TryRemove(number, out var waiting) || !waiting.TrySetResult(answer))
            facade.Drop(); // it came too late, or twice
    }
}
