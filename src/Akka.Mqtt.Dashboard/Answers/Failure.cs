namespace Akka.Mqtt.Dashboard.Answers;

/// <summary>Why a request failed.</summary>
/// <param name="Error">For people to read.</param>
internal sealed record Failure(string Error);
