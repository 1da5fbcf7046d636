using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Checks which handlers can use which delivery. Without <see cref="Mqtt.Request"/>, a connection learns from the answer to
/// <see cref="Identify"/> how far its handler is behind: Akka answers it for an actor, in the order of its mailbox (docs/adr/0003). A
/// reference without a mailbox never answers.
/// </summary>
internal static class HandlerCheck
{
    /// <summary>Checks a registration, and answers the sender when it is not possible.</summary>
    public static bool IsPossible(Mqtt.Register register, IActorRef sender)
    {
        if (Problem(register) is not { } problem)
            return true;
        CommandFailures.Fail(sender, register, CommandFailure.NotSupported, problem);
        return false;
    }

    private static string? Problem(Mqtt.Register register)
    {
        if (register.Delivery == MqttDelivery.Pull)
            return null;
        if (register is { Delivery: MqttDelivery.Batches, PayloadEncoding: not null })
            return "PayloadEncoding cannot be combined with delivery in batches.";
        if (Is(register.Handler, "RoutedActorRef"))
        {
            return "A router has no mailbox that shows how far its routees are behind, so the messages that wait for them would be unbounded. "
                + "Register with MqttDelivery.Pull, or register an actor that passes packets on.";
        }

        if (Is(register.Handler, "MinimalActorRef") || IsStageActor(register.Handler.Path.Name))
        {
            return "This handler is not an actor with a mailbox (for example a stage actor of Akka.Streams), so the messages that wait for it would be unbounded. "
                + "Register with MqttDelivery.Pull.";
        }

        return null;
    }

    /// <summary>Compares type names, because the types are not public API of Akka.</summary>
    private static bool Is(IActorRef handler, string typeName)
    {
        for (var type = handler.GetType(); type is not null; type = type.BaseType)
        {
            if (type.Name == typeName)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Akka gives such paths to references that are not actors. For a reference of another node there is no other criterion.
    /// </summary>
    private static bool IsStageActor(string name) => name.StartsWith("$$", StringComparison.Ordinal);
}
