namespace Akka.Mqtt.Dashboard.Api;

/// <summary>One request of the API. The routes and the OpenAPI description use the same list.</summary>
/// <param name="Method">GET, or POST for an action.</param>
/// <param name="Path">The path below that of the dashboard, without a slash at its start.</param>
/// <param name="Role">The role that it needs.</param>
/// <param name="Summary">What it does, for the description.</param>
/// <param name="Answer">The type of the answer, as JSON.</param>
/// <param name="RunAsync">Carries it out.</param>
internal sealed record Operation(string Method, string Path, MqttDashboardRole Role, string Summary, Type Answer, Func<Call, Task<object>> RunAsync)
{
    /// <summary>The parameters of the query.</summary>
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>The type of the body; null for none.</summary>
    public Type? Body { get; init; }

    /// <summary>Whether it changes something, so that it is in the audit log.</summary>
    public bool IsAction => Method == "POST";

    /// <summary>A parameter of the query.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Type">Its type in JSON Schema.</param>
    /// <param name="Description">Its meaning, range and default.</param>
    /// <param name="IsRequired">Whether it is required.</param>
    internal sealed record Parameter(string Name, string Type, string Description, bool IsRequired = false);
}
