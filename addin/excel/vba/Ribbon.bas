Option Explicit

' What the ribbon's controls call. One sub for all buttons: the control's tag is the name of its action.

Private theRibbon As IRibbonUI
Private endpointNames As Variant

Public Sub OnRibbonLoad(ribbon As IRibbonUI)
    Set theRibbon = ribbon
End Sub

Public Sub OnAction(control As IRibbonControl)
    Act control.Tag, ""
End Sub

Public Sub OnToggle(control As IRibbonControl, pressed As Boolean)
    Act control.Tag, ""
    Refresh
End Sub

' Draw the ribbon anew. Python calls it when endpoints or switches have changed.
Public Sub Refresh()
    On Error Resume Next
    If Not theRibbon Is Nothing Then theRibbon.Invalidate
End Sub

' Another sheet is in front: it may be scored by itself, or not.
Public Sub RefreshAutoScore()
    On Error Resume Next
    If Not theRibbon Is Nothing Then theRibbon.InvalidateControl "autoScore"
End Sub

' Python calls it on macOS when it is done; the name is xlwings'.
Public Sub CleanUp()
    Dim python As New Bridge, failure As String
    On Error Resume Next
    Application.StatusBar = False
    failure = python.MacFailure()
    Refresh
    If failure <> "" Then MsgBox failure, vbExclamation, "Sheetscore"
End Sub

Public Sub EndpointCount(control As IRibbonControl, ByRef returnedVal As Variant)
    Dim python As New Bridge
    On Error Resume Next
    endpointNames = Split("", ";")
    endpointNames = Split(python.Setting("ENDPOINTS"), ";")
    returnedVal = UBound(endpointNames) + 1
End Sub

Public Sub EndpointLabel(control As IRibbonControl, index As Integer, ByRef returnedVal As Variant)
    On Error Resume Next
    returnedVal = endpointNames(index)
End Sub

' By its place: names that the system's code page cannot hold may look alike. The first endpoint is the one in use as
' long as none was chosen.
Public Sub EndpointSelected(control As IRibbonControl, ByRef returnedVal As Variant)
    Dim python As New Bridge, chosen As String
    On Error Resume Next
    returnedVal = 0
    chosen = python.Setting("SELECTED")
    If chosen = "" Or chosen Like "*[!0-9]*" Or Len(chosen) > 4 Then Exit Sub
    If CInt(chosen) <= UBound(endpointNames) Then returnedVal = CInt(chosen)
End Sub

Public Sub EndpointChanged(control As IRibbonControl, id As String, index As Integer)
    Act "select_endpoint", CStr(index)
    LeaveAlone ActiveWorkbook
End Sub

Public Sub CallsStopped(control As IRibbonControl, ByRef returnedVal As Variant)
    Dim python As New Bridge
    On Error Resume Next
    returnedVal = False
    returnedVal = (python.Setting("STOPPED") = "1")
End Sub

Private Sub Act(ByVal action As String, ByVal argument As String)
    Dim python As New Bridge
    If ActiveWorkbook Is Nothing Then
        MsgBox "Open a workbook first. If one is open in Protected View, press Enable Editing.", vbExclamation, "Sheetscore"
        Exit Sub
    End If
    On Error GoTo Failed
    python.Run action, argument, ActiveWorkbook
    #If Not Mac Then
        Refresh
    #End If
    Exit Sub
Failed:
    MsgBox Err.Description, vbExclamation, "Sheetscore"
    On Error Resume Next
    Application.StatusBar = False
End Sub
