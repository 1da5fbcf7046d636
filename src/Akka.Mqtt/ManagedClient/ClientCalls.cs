using System.Diagnostics;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The commands of tasks: each waits for credit, and then for its outcome. Thread-safe.</summary>
internal sealed class ClientCalls
{
    private readonly Facade _facade;
    private readonly SemaphoreSlim _credit;

    /// <summary>Creates them, and sets them in the facade.</summary>
    public ClientCalls(Facade facade, int credit)
    {
        _facade = facade;
        _credit = new SemaphoreSlim(credit);
        facade.Calls = this;
    }

    /// <summary>Publishes a message.</summary>
    public async Task<MqttClient.Outcome> PublishAsync(Publish packet, CancellationToken cancellationToken)
    {
        await _credit.WaitAsync(cancellationToken).ConfigureAwait(false);
        var call = new Call(_facade, _credit);
        return Check(await RunAsync(new MqttClient.Publish(packet, call), call, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Writes a message in the queue that survives the process.</summary>
    public async Task StoreAsync(Publish packet, CancellationToken cancellationToken)
    {
        await _credit.WaitAsync(cancellationToken).ConfigureAwait(false);
        var call = new Call(_facade, _credit);
        Check(await RunAsync(new MqttClient.Publish(packet, call) { CompleteWhenStored = true }, call, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Sends SUBSCRIBE. The subscriber for the messages was added before.</summary>
    public async Task SubscribeAsync(Subscription subscription, CancellationToken cancellationToken = default)
    {
        await _credit.WaitAsync(cancellationToken).ConfigureAwait(false);
        var call = new Call(_facade, _credit);
        Check(await RunAsync(new MqttClient.Subscribe([subscription], call), call, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Sends a request.</summary>
    /// <exception cref="TimeoutException">No answer arrived in time, or no credit.</exception>
    public async Task<Publish> RequestAsync(Publish packet, MqttRequestStyle style, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, Timeout.InfiniteTimeSpan);
        if (timeout == Timeout.InfiniteTimeSpan)
            timeout = TimeSpan.FromMilliseconds(int.MaxValue);
        var began = Stopwatch.GetTimestamp();
        packet = ClientSpans.WithParent(packet, _facade.Settings);
        var hasCredit = await _credit.WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
        var left = timeout - Stopwatch.GetElapsedTime(began);
        var call = new Call(_facade, _credit);
        if (hasCredit && left <= TimeSpan.Zero)
            call.Complete(new MqttClient.TimedOut(null));
        if (!hasCredit || left <= TimeSpan.Zero)
            throw TooLate();
        MqttClient.Outcome outcome;
        try
        {
            outcome = await RunAsync(new MqttClient.Request(packet, call) { Timeout = left, Style = style }, call, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _facade.TellClient(new MqttClient.CancelRequest(call)); // gives the credit back
            throw;
        }
        return outcome switch
        {
            MqttClient.Replied replied => replied.Answer,
            MqttClient.TimedOut => throw TooLate(),
            MqttClient.Refused { Reason: MqttClientRefusal.ByResponder or MqttClientRefusal.NoResponder } refused => throw new MqttRequestException(refused.Message),
            _ => throw Problem(outcome),
        };

        TimeoutException TooLate() => new($"No answer to the request {packet.Topic} within {timeout}.");
    }

    private Task<MqttClient.Outcome> RunAsync(MqttClient.Command command, Call call, CancellationToken cancellationToken)
    {
        if (_facade.TryOpen(call))
            _facade.TellClient(command);
        else
            call.Complete(new MqttClient.Failed(null, new MqttClient.Cause(MqttClientCause.Stopped, "The client has stopped.")));
        return cancellationToken.CanBeCanceled ? call.Task.WaitAsync(cancellationToken) : call.Task;
    }

    private static MqttClient.Outcome Check(MqttClient.Outcome outcome) => outcome is MqttClient.Sent or MqttClient.Acked or MqttClient.Stored ? outcome : throw Problem(outcome);

    private static MqttClientException Problem(MqttClient.Outcome outcome) => outcome switch
    {
        MqttClient.Refused refused => new MqttClientException(refused.Message, outcome),
        MqttClient.Failed failed => new MqttClientException($"It was not sent: {failed.Cause.Message}", outcome, failed.Cause),
        _ => new MqttClientException("The connection ended, and it is unknown whether the server has it.", outcome),
    };
}
