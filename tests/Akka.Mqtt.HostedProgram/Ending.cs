namespace Akka.Mqtt.HostedProgram;

/// <summary>Who ends the actor system.</summary>
/// <param name="How">terminate, shutdown or nobody.</param>
internal sealed record Ending(string How);
