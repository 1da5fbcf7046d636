using System.Diagnostics.CodeAnalysis;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>The decision of an interceptor: the packet to use, changed or not, or a refusal.</summary>
/// <typeparam name="T">The type of the packet.</typeparam>
public readonly record struct Interception<T>
    where T : class
{
    private Interception(T? value, ReasonCode reason)
    {
        Value = value;
        Reason = reason;
    }

    /// <summary>The packet to use; null when it is refused.</summary>
    public T? Value { get; }

    /// <summary>The reason code of the refusal.</summary>
    public ReasonCode Reason { get; }

    /// <summary>Continues with a packet.</summary>
    /// <param name="value">The same packet, or a changed copy made with <c>with</c>.</param>
    /// <returns>The decision.</returns>
    [SuppressMessage("Design", "CA1000", Justification = "The type is known from the interceptor's signature.")]
    public static Interception<T> Pass(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new Interception<T>(value, ReasonCode.Success);
    }

    /// <summary>Refuses the packet.</summary>
    /// <param name="reason">The reason code for the client, if its version and the packet allow it; else 0x80 is sent.</param>
    /// <returns>The decision.</returns>
    [SuppressMessage("Design", "CA1000", Justification = "The type is known from the interceptor's signature.")]
    public static Interception<T> Refuse(ReasonCode reason = ReasonCode.NotAuthorized) => new(null, reason);
}
