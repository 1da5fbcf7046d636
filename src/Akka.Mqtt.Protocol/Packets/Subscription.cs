namespace Akka.Mqtt.Protocol;

/// <summary>A topic filter and its subscription options (section 3.8.3.1).</summary>
/// <param name="Filter">The topic filter; <c>+</c> and <c>#</c> are wildcards.</param>
/// <param name="QoS">The highest QoS at which the server may send. Default: 0.</param>
public sealed record Subscription(string Filter, QualityOfService QoS = QualityOfService.AtMostOnce)
{
    /// <summary>The topic filter; <c>+</c> and <c>#</c> are wildcards.</summary>
    public string Filter { get; init; } = Filter ?? throw new ArgumentNullException(nameof(Filter));

    /// <summary>MQTT 5.0: do not send a client its own messages. Not with a shared subscription. Default: no.</summary>
    public bool NoLocal { get; init; }

    /// <summary>MQTT 5.0: keep the RETAIN flag as it was published. Default: no.</summary>
    public bool RetainAsPublished { get; init; }

    /// <summary>MQTT 5.0: when to send retained messages. Default: at every SUBSCRIBE.</summary>
    public RetainHandling RetainHandling { get; init; }

    /// <summary>A subscription at QoS 0.</summary>
    /// <param name="filter">The topic filter.</param>
    public static implicit operator Subscription(string filter) => ToSubscription(filter);

    /// <summary>A subscription at QoS 0; the same as the implicit conversion.</summary>
    /// <param name="filter">The topic filter.</param>
    /// <returns>The subscription.</returns>
    public static Subscription ToSubscription(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return new(filter);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{LogText.Escape(Filter)} QoS={(int)QoS}{(NoLocal ? " NoLocal" : "")}{(RetainAsPublished ? " RetainAsPublished" : "")}"
        + (RetainHandling == RetainHandling.SendAtSubscribe ? "" : $" {RetainHandling}");
}
